import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { servicesOf } from '../../../ts-worker/src/processes/linux-services.ts';

const id = '0123456789abcdef'.repeat(4);
const inner = 'fedcba9876543210'.repeat(4);
const pod = 'kubepods-burstable-pod1b2c3d4e_0000_1111_2222_333344445555.slice';

const cases: readonly (readonly [what: string, paths: readonly string[], expected: string[]])[] = [
  ['a unit', ['/system.slice/ssh.service'], ['ssh.service']],
  ['an instance', ['/system.slice/system-getty.slice/getty@tty1.service'], ['getty@tty1.service']],
  ['a part of a unit', ['/system.slice/docker.service/init'], ['docker.service']],
  [
    'an escape, which is part of the name',
    ['/system.slice/systemd-fsck@dev-disk-by\\x2duuid-1.service'],
    ['systemd-fsck@dev-disk-by\\x2duuid-1.service'],
  ],
  ['a name the kernel wants for itself', ['/system.slice/_memory.service'], ['memory.service']],
  ['a name that begins with _', ['/system.slice/__x.service'], ['_x.service']],
  ['a hybrid host', ['/system.slice/ssh.service', '/system.slice/ssh.service'], ['ssh.service']],
  [
    'v1: the first hierarchy is not systemd',
    ['/user.slice', '/system.slice/a.service'],
    ['a.service'],
  ],
  [
    "a user's own service",
    ['/user.slice/user-1000.slice/user@1000.service/app.slice/syncthing.service'],
    ['syncthing.service'],
  ],
  [
    "a user's manager",
    ['/user.slice/user-1000.slice/user@1000.service/init.scope'],
    ['user@1000.service'],
  ],
  ['a session', ['/user.slice/user-1000.slice/session-3.scope'], []],
  ['systemd itself', ['/init.scope'], []],
  ['a slice named like a service', ['/a.service.slice/b.scope'], []],
  ['a service only by its ending', ['/system.slice/.service'], []],
  ['no cgroup', [], []],
  ['docker by systemd', [`/system.slice/docker-${id}.scope`], [id]],
  ['docker by cgroupfs', [`/docker/${id}`], [id]],
  ['docker inside a unit', [`/system.slice/x.service/docker/${id}`], [id]],
  ['podman', [`/machine.slice/libpod-${id}.scope/container`], [id]],
  [
    'podman of a user',
    [`/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope/container`],
    [id],
  ],
  ['cri-o', [`/kubepods.slice/kubepods-burstable.slice/${pod}/crio-${id}.scope`], [id]],
  [
    'containerd',
    [`/kubepods.slice/kubepods-burstable.slice/${pod}/cri-containerd-${id}.scope`],
    [id],
  ],
  ['Kubernetes by cgroupfs', [`/kubepods/besteffort/pod1b2c3d4e-0000-1111/${id}`], [id]],
  ['containerd with colons', [`/system.slice:cri-containerd:${id}`], [id]],
  ['a container in a container', [`/docker/${id}/kubelet/kubepods/pod1/${inner}`], [inner]],
  ['a hash that is no container', [`/system.slice/x${id}.service`], [`x${id}.service`]],
  ['65 digits', [`/docker/${id}0`], []],
];

describe('the services of a process', () => {
  for (const [what, paths, expected] of cases) {
    it(what, () => assert.deepEqual(servicesOf(paths), expected));
  }
});
