#!/bin/sh
# Lays out the root file system of the image: sh layout.sh amd64|arm64 <application> <root of Debian> <root>. Run by the
# Dockerfile's build stage. It only copies files, so that it works for another processor too.
set -eu
architecture=$1 app=$2 libc=$3 root=$4

case $architecture in
  amd64) bun=bun-linux-x64 triplet=x86_64-linux-gnu loader=lib64/ld-linux-x86-64.so.2 ;;
  arm64) bun=bun-linux-aarch64 triplet=aarch64-linux-gnu loader=lib/ld-linux-aarch64.so.1 ;;
esac

mkdir -p "$root/app" "$root/usr/local/bin" "$root/usr/share/spoor" "$root/etc/ssl/certs" "$root/tmp" "$root/data"
mkdir -p "$root/lib/$triplet" "$root/$(dirname "$loader")"
chmod 1777 "$root/tmp"
chown 10001:10001 "$root/data"

(cd "$app" && node deploy/image/sbom.mjs "$libc/var/lib/dpkg/status") >"$root/usr/share/spoor/sbom.cdx.json"

# Bun once, outside of the packages.
cp "$app/node_modules/@oven/$bun/bin/bun" "$root/usr/local/bin/bun"
chmod 755 "$root/usr/local/bin/bun"
rm -rf "$app/node_modules/bun" "$app/node_modules/@oven" "$app/node_modules/.bin" "$app/deploy"
cp -R "$app/." "$root/app/"

# The libraries that Bun and the packages' own libraries link to, and those by which Bun finds hosts.
cp "$libc/lib/$triplet/$(basename "$loader")" "$root/$loader"
for name in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 libgcc_s.so.1 librt.so.1 libnss_dns.so.2 libnss_files.so.2 \
  libresolv.so.2; do
  cp -L "$libc/lib/$triplet/$name" "$root/lib/$triplet/$name"
done

# Certificate authorities: those of the build stage, else the ones that Bun brings.
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"

printf 'root:x:0:0::/:/nologin\nspoor:x:10001:10001::/data:/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nspoor:x:10001:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"

# The time of a file says only when it was built: without it, two builds are the same.
find "$root" -exec touch -h -d @0 {} +
