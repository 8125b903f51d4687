#!/bin/bash
# Makes a Debian tree with a Blender to open windows with, and enters it. Needs root and debootstrap.
#   make_blender.sh make DIR [SUITE]     once: about 1.3 GB; sid has Blender 5.2, trixie 4.3
#   make_blender.sh run DIR PROGRAM ...  runs a program of it; /tmp and the folders in $BIND are seen at their own places
# Then: RELIT_BLENDER_UI="tests/ui/make_blender.sh run DIR blender" python3 -m pytest tests/ui
set -euo pipefail
what=$1 tree=$2
shift 2
if [ "$what" = run ]; then
  export BIND="/tmp ${BIND:-}"
  exec unshare --mount --propagation private bash -c '
    tree=$1; shift
    mount -t proc proc "$tree/proc"
    mount -t tmpfs tmpfs "$tree/dev/shm"
    for folder in $BIND; do mkdir -p "$tree$folder"; mount --bind "$folder" "$tree$folder"; done
    exec chroot "$tree" "$@"' _ "$tree" "$@"
fi
suite=${1:-sid}
packages="blender python3-numpy python3-requests python3-zstandard xvfb scrot libgl1-mesa-dri libgl1 libegl1"
[ "$suite" = trixie ] || packages="$packages python3-cattr python3-attr"
debootstrap --variant=minbase "$suite" "$tree"
printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
chmod +x "$tree/usr/sbin/policy-rc.d"
mkdir -p "$tree/dev/shm"
unshare --mount --propagation private bash -c '
  tree=$1; shift
  mount -t proc proc "$tree/proc"
  chroot "$tree" apt-get update
  chroot "$tree" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
  chroot "$tree" apt-get clean' _ "$tree" $packages
