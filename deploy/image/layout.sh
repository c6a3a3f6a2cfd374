#!/bin/sh
# Lays out the root file system of the image: sh layout.sh <application> <root>. Run by the Dockerfile's build stage.
set -eu
app=$1
root=$2

mkdir -p "$root/app" "$root/usr/local/bin" "$root/etc/ssl/certs" "$root/tmp" "$root/data"
chmod 1777 "$root/tmp"
chown 10001:10001 "$root/data"

# Bun once, outside of the packages, for the processor of this stage.
cp "$app/node_modules/bun/bin/bun.exe" "$root/usr/local/bin/bun"
rm -rf "$app/node_modules/bun" "$app/node_modules/@oven" "$app/node_modules/.bin" "$app/deploy"
cp -R "$app/." "$root/app/"

# The libraries that Bun links to, and those by which it finds hosts.
ldd "$root/usr/local/bin/bun" | grep -oE '/[^ ]+' | sort -u | while read -r file; do
  mkdir -p "$root$(dirname "$file")"
  cp -L "$file" "$root$file"
done
libraries=$(dirname "$(ldd "$root/usr/local/bin/bun" | grep -oE '/[^ ]*libc\.so\.6')")
for name in libnss_dns.so.2 libnss_files.so.2 libresolv.so.2; do
  cp -L "$libraries/$name" "$root$libraries/$name"
done

# Certificate authorities: those of the build stage, else the ones that Bun brings.
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"

printf 'root:x:0:0::/:/nologin\nspoor:x:10001:10001::/data:/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\nspoor:x:10001:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
