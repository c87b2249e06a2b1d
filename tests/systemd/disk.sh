#!/bin/sh
# The disk of the machine under test: this machine's root as it is, and above it a layer in memory
# that takes every change. So nothing that happens there can reach this machine, and the layer is
# the list of what was changed. Runs in a mount namespace of its own and keeps it while its input is open.
set -eu
disk=$1
mount -t tmpfs -o mode=755 tmpfs "$disk"
mkdir "$disk/changes" "$disk/work" "$disk/root"
mount -t overlay overlay \
  -o "lowerdir=/,upperdir=$disk/changes,workdir=$disk/work" "$disk/root"
# What this machine starts at boot is no business of the test.
rm -rf "$disk/root/etc/systemd/system"
mkdir -p "$disk/root/etc/systemd/system"
for unit in console-getty.service getty@.service getty.target systemd-logind.service \
  systemd-networkd.service systemd-resolved.service systemd-timesyncd.service \
  systemd-udevd.service systemd-udev-trigger.service systemd-hwdb-update.service \
  systemd-firstboot.service ldconfig.service systemd-pcrphase.service systemd-pstore.service \
  systemd-binfmt.service systemd-modules-load.service systemd-random-seed.service \
  systemd-repart.service kmod-static-nodes.service proc-sys-fs-binfmt_misc.automount \
  sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
  sys-fs-fuse-connections.mount dev-hugepages.mount timers.target remote-fs.target systemd-sysctl.service; do
  ln -s /dev/null "$disk/root/etc/systemd/system/$unit"
done
: >"$disk/root/etc/fstab"
echo ready
exec cat
