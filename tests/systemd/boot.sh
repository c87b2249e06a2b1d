#!/bin/sh
# Boots systemd on that disk, as the first process of its own namespaces. Called as
# `boot.sh DISK CGROUP`: first it enters the cgroup, then new namespaces, then the disk.
set -eu
disk=$1
cgroup=$2
if [ "${3:-}" != inside ]; then
  echo $$ >"$cgroup/cgroup.procs"
  exec unshare --pid --fork --kill-child --mount --uts --ipc --cgroup --net --propagation private \
    sh "$0" "$disk" "$cgroup" inside
fi
root=$disk/root
hostname portreporter-test
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t securityfs securityfs sys/kernel/security 2>/dev/null || true
mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero full random urandom tty; do
  touch "dev/$node"
  mount --bind "/dev/$node" "dev/$node"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for place in run tmp var/tmp; do mount -t tmpfs -o mode=1777 tmpfs "$place"; done
chmod 755 run
ip link set lo up
mkdir run/former
pivot_root . run/former
umount -l run/former
rmdir run/former
exec env -i container=portreporter-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=multi-user.target --show-status=no
