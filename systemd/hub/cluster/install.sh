#!/bin/sh
# Makes this machine a node of the cluster that is the hub of a fleet (Debian, root): ./install.sh in
# the folder that `wayside-tools fleet hub new ... --nodes` has made and that was copied here. The
# nodes know each other by their host names. It can be run again at any time.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ "$(id -u)" -eq 0 ] || { echo "wayside-hub: root is required: sudo ./install.sh" >&2; exit 1; }
if ! [ -x /usr/sbin/nats-server ]; then
    apt-get install -y -qq nats-server > /dev/null
    systemctl disable --quiet --now nats-server  # Debian's own, without any of this
fi
mkdir -p /etc/wayside-hub
for file in nats.conf nodes.conf ca.pem server.pem; do
    install -m 644 "$here/$file" "/etc/wayside-hub/$file"
done
for file in users.conf server.key; do
    install -m 640 -g nats "$here/$file" "/etc/wayside-hub/$file"
done
install -m 644 "$here/wayside-hub.service" /etc/systemd/system/wayside-hub.service
systemctl daemon-reload
systemctl enable --quiet wayside-hub
systemctl restart wayside-hub
echo "wayside-hub: runs as node $(hostname); log: journalctl -fu wayside-hub"
