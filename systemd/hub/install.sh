#!/bin/sh
# Makes this machine the hub of a fleet (Debian, root): ./install.sh in the folder that
# `wayside-tools fleet hub new` has made and that was copied here. It can be run again at any time.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ "$(id -u)" -eq 0 ] || { echo "wayside-hub: root is required: sudo ./install.sh" >&2; exit 1; }
command -v mosquitto > /dev/null || [ -x /usr/sbin/mosquitto ] || apt-get install -y -qq mosquitto > /dev/null
mkdir -p /etc/wayside-hub
for file in mosquitto.conf acl ca.pem server.pem crl.pem; do
    install -m 644 "$here/$file" "/etc/wayside-hub/$file"
done
install -m 640 -g mosquitto "$here/server.key" /etc/wayside-hub/server.key
install -m 755 "$here/set-broken-aside" /etc/wayside-hub/set-broken-aside
install -m 644 "$here/wayside-hub.service" /etc/systemd/system/wayside-hub.service
systemctl daemon-reload
systemctl enable --quiet wayside-hub
systemctl restart wayside-hub
echo "wayside-hub: runs; log: journalctl -fu wayside-hub"
