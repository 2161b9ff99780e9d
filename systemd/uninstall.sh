#!/bin/sh
# Removes what install.sh installed; the configuration and passwords in /etc/wayside stay.
#   systemd/uninstall.sh [--root DIR]
set -eu
root=''
case ${1:-} in
    '') ;;
    --root) root=${2:?--root takes a folder} ;;
    *) echo "wayside: $1: unknown option; usage: uninstall.sh [--root DIR]" >&2; exit 2 ;;
esac
root=${root%/}
[ -n "$root" ] || [ "$(id -u)" -eq 0 ] || { echo "wayside: root is required: sudo make uninstall" >&2; exit 1; }

units='wayside-setup.service wayside-setup-end.service wayside-preview.path wayside-preview.service wayside-catalogue.timer wayside-catalogue.service wayside-agent.service wayside-diagnostics.path wayside-diagnostics.service wayside-screenshot.path wayside-screenshot.service wayside-switch.path wayside-switch.service wayside-display.service wayside.service wayside-broker.service'
if [ -n "$root" ]; then
    # shellcheck disable=SC2086
    systemctl --root="$root" disable --quiet $units 2> /dev/null || true
else
    # shellcheck disable=SC2086
    systemctl disable --quiet --now $units 2> /dev/null || true
fi
for unit in $units; do rm -f "$root/etc/systemd/system/$unit"; done
rm -f "$root/etc/systemd/journald.conf.d/wayside.conf" "$root/etc/systemd/system.conf.d/wayside.conf" \
    "$root/etc/sysusers.d/wayside.conf" "$root/etc/tmpfiles.d/wayside.conf" "$root/etc/pam.d/wayside-display" \
    "$root/etc/polkit-1/rules.d/50-wayside.rules" \
    "$root/usr/local/bin/wayside" "$root/usr/local/bin/wayside-enrol" "$root/etc/apt/apt.conf.d/60wayside"
rm -f "$root/etc/systemd/system/wayside.service.d/microphone.conf"
rmdir "$root/etc/systemd/system/wayside.service.d" 2> /dev/null || true
rm -rf "$root/opt/wayside" "$root/var/lib/wayside/state" "$root/var/lib/wayside/fleet"
# Not with an operator's table or pictures.
rmdir "$root/var/lib/wayside/catalogue" "$root/var/lib/wayside" 2> /dev/null || true
[ -n "$root" ] || systemctl daemon-reload
echo "wayside: removed; the configuration in $root/etc/wayside was kept"
