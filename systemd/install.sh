#!/bin/sh
# Installs Wayside as services: systemd/install.sh [--root DIR] [--venv DIR] [--security-updates] [--microphone] [--set-up]
#
#   --root DIR  install below DIR only: no packages, services or users of the running system change
#               (for disk images; sysusers.d creates the users)
#   --venv DIR  use this virtual environment instead of creating one
#   --security-updates  let Debian's unattended-upgrades install those of the system every night; once
#               on, it stays on, and `apt remove unattended-upgrades` ends it
#   --microphone  what `hearing.ask` needs: the recogniser, arecord and leave to use sound cards; once on,
#               it stays on
#   --set-up    open the set-up page, now and at each start of the machine until somebody has used it
#
# It can be run again at any time. Nothing is rewritten in place: each release has its own folder,
# and renaming the link /opt/wayside/current activates it. Existing configuration and passwords stay.
set -eu
umask 022

root='' venv='' updates='' microphone='' set_up=''
while [ $# -gt 0 ]; do
    case $1 in
        --root) root=${2:?--root needs a folder}; shift 2 ;;
        --venv) venv=${2:?--venv needs a folder}; shift 2 ;;
        --security-updates) updates=unattended-upgrades; shift ;;
        --microphone) microphone=alsa-utils; shift ;;
        --set-up) set_up=yes; shift ;;
        *) echo "wayside: $1: unknown option; usage: install.sh [--root DIR] [--venv DIR] [--security-updates] [--microphone] [--set-up]" >&2; exit 2 ;;
    esac
done
root=${root%/}
source=$(cd "$(dirname "$0")/.." && pwd)
opt=$root/opt/wayside
etc=$root/etc/wayside
hears=/etc/systemd/system/wayside.service.d/microphone.conf
[ ! -e "$root$hears" ] || microphone=alsa-utils

say() { echo "wayside: $*"; }
fail() { echo "wayside: $*" >&2; exit 1; }

[ -n "$root" ] || [ "$(id -u)" -eq 0 ] || fail "root is required: sudo make install"

packages() {
    missing=''
    # A title may be in any script; tests/device/display/test_fonts.py shows some with these fonts.
    fonts='fonts-liberation fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji'
    # cage needs Xwayland, and Debian does not declare that dependency.
    for package in mosquitto mosquitto-clients cage wlr-randr grim xwayland chromium espeak-ng python3-venv $fonts $updates $microphone; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null | grep -qx installed ||
            missing="$missing $package"
    done
    [ -z "$missing" ] && return
    say "installing with apt:$missing"
    # shellcheck disable=SC2086
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing > /dev/null
}

# A virtual environment is named after the requirements it holds, and created once for them.
environment() {
    python=${PYTHON:-python3}
    "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
        fail "$python is not Python 3.11, 3.12 or 3.13; set PYTHON=/path/to/python3"
    name=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-$wanted${microphone:+-microphone}
    venv=$opt/venvs/$name link=../../venvs/$name
    [ -e "$venv/complete" ] && return
    say "installing the Python packages (some minutes)"
    system=''
    "$python" -c 'import picamera2' 2> /dev/null && system=--system-site-packages
    rm -rf "$venv"
    "$python" -m venv $system "$venv"
    for file in kiosk demo ${microphone:+hearing}; do
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
            --require-hashes -r "$source/requirements/$file.txt"
    done
    touch "$venv/complete"
}

# The release: only what a kiosk runs, named after a hash of its content.
release() {
    rm -rf "$opt/releases/.new"
    mkdir -p "$opt/releases/.new"
    new=$(cd "$opt/releases/.new" && pwd)
    (cd "$source" && find LICENSE device systemd docs catalogue models requirements config.yaml pyproject.toml \
        -name __pycache__ -prune -o -path 'models/*' -type d ! -name third_party -prune \
        -o -name '*.keras' -o -path 'models/*.csv' -o -path 'catalogue/*.sqlite' -o -type f -print |
        tar -cf - -T -) | tar -xf - --no-same-owner -C "$new"
    ln -s "$link" "$new/.venv"
    (cd "$new" && run -m device.inference.third_party)
    (cd "$source" && run -m device catalogue build --out "$new/catalogue/example.sqlite" \
        catalogue/helsinki/places.csv catalogue/helsinki/places.footways catalogue/*.csv)
    version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$new/pyproject.toml")
    name=$version-$(cd "$new" && { readlink .venv; find . -type f -print0 | LC_ALL=C sort -z |
        xargs -0 sha256sum; } | sha256sum | cut -c1-12)
    if [ -d "$opt/releases/$name" ]; then
        rm -rf "$new"
    else
        (cd "$new" && "$python_here" -m compileall -q -j 0 device)
        chmod -R u=rwX,go=rX "$new"
        sync
        mv "$new" "$opt/releases/$name"
    fi
    ln -sfn "releases/$name" "$opt/current.new"
    mv -T "$opt/current.new" "$opt/current"
    sync
}

# Guard and agent: a copy of the program that no release of the fleet changes, and what this machine
# has that a release does not bring.
agent() {
    if [ ! -d "$opt/agents/$name" ]; then
        rm -rf "$opt/agents/.new"
        mkdir -p "$opt/agents/.new"
        (cd "$opt/releases/$name" && cp -a LICENSE device .venv "$opt/agents/.new/")
        (cd "$opt/agents/.new" && run -m device.fleet.installed "$wanted" > installed.json)
        sync
        mv "$opt/agents/.new" "$opt/agents/$name"
    fi
    ln -sfn "agents/$name" "$opt/agent.new"
    mv -T "$opt/agent.new" "$opt/agent"
    sync
}

run() { PYTHONDONTWRITEBYTECODE=1 "$python_here" "$@"; }

# put SOURCE TARGET [MODE]: write a new file, then rename it.
put() {
    mkdir -p "$(dirname "$root$2")"
    install -m "${3:-644}" "$1" "$root$2.new"
    sync "$root$2.new"
    mv "$root$2.new" "$root$2"
}

units() {
    for unit in wayside.service wayside-broker.service wayside-display.service \
        wayside-switch.path wayside-switch.service wayside-agent.service \
        wayside-diagnostics.path wayside-diagnostics.service \
        wayside-screenshot.path wayside-screenshot.service \
        wayside-catalogue.timer wayside-catalogue.service \
        wayside-setup.service wayside-setup-end.service wayside-preview.path wayside-preview.service; do
        put "$source/systemd/$unit" "/etc/systemd/system/$unit"
    done
    put "$source/systemd/conf/journald.conf" /etc/systemd/journald.conf.d/wayside.conf
    put "$source/systemd/conf/system.conf" /etc/systemd/system.conf.d/wayside.conf
    put "$source/systemd/conf/sysusers.conf" /etc/sysusers.d/wayside.conf
    put "$source/systemd/conf/tmpfiles.conf" /etc/tmpfiles.d/wayside.conf
    put "$source/systemd/conf/polkit.rules" /etc/polkit-1/rules.d/50-wayside.rules
    put "$source/systemd/conf/pam" /etc/pam.d/wayside-display
    if [ -n "$updates" ]; then
        put "$source/systemd/conf/security-updates.conf" /etc/apt/apt.conf.d/60wayside
    fi
    if [ -n "$microphone" ]; then put "$source/systemd/conf/microphone.conf" "$hears"; fi
    put "$source/systemd/wayside" /usr/local/bin/wayside 755
    put "$source/systemd/wayside-enrol" /usr/local/bin/wayside-enrol 755
}

random() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }

# secret TARGET: write standard input to a file for root; tmpfiles.d grants others read access. A power
# cut leaves none or all of it; an empty one, of whatever origin, is made anew.
secret() {
    (umask 077 && cat > "$1.new")
    sync "$1.new"
    mv "$1.new" "$1"
}

configuration() {
    mkdir -p "$etc/mosquitto.d" "$etc/screen"
    [ -s "$etc/config.yaml" ] ||
        sed "s/@PAGE_PASSWORD@/$(random)/" "$source/systemd/config.yaml" | secret "$etc/config.yaml"
    for name in mqtt-password agent-password; do
        [ -s "$etc/$name" ] || random | secret "$etc/$name"
    done
    [ -s "$etc/screen/mosquitto_sub" ] ||
        printf -- '-u screen\n-P %s\n' "$(random)" | secret "$etc/screen/mosquitto_sub"
    [ -z "$set_up" ] || touch "$etc/setup-waits"
    # Hashed in Python: mosquitto_passwd takes a password up to its first `:`, and echo changes a `\`.
    hashed=$(cd "$opt/current" && run -m device.messaging.passwords "$etc") || exit 1
    printf '%s\n' "$hashed" | secret "$etc/mosquitto.passwd"
    systemd-sysusers --root="$root/" "$root/etc/sysusers.d/wayside.conf"
    systemd-tmpfiles --root="$root/" --create "$root/etc/tmpfiles.d/wayside.conf"
}

# Keeps this release and the previous one, and the virtual environments that they use.
tidy() {
    now=$(readlink "$opt/current")
    [ "$now" != "$before" ] || return 0
    for folder in "$opt"/releases/* "$opt"/agents/*; do
        case releases/$(basename "$folder") in "$now" | "$before") ;; *) rm -rf "$folder" ;; esac
    done
    [ -d "$opt/venvs" ] || return 0
    for folder in "$opt"/venvs/*; do
        readlink "$opt"/releases/*/.venv | grep -qx "../../venvs/$(basename "$folder")" || rm -rf "$folder"
    done
}

if [ -z "$root" ]; then packages; fi
mkdir -p "$opt/releases"
wanted=$(cat "$source/requirements/kiosk.txt" "$source/requirements/demo.txt" | sha256sum | cut -c1-12)
if [ -z "$venv" ]; then environment; else link=$venv; fi
python_here=$venv/bin/python
before=$(readlink "$opt/current" || true)
release
agent
tidy
units
configuration
enabled='wayside-broker wayside wayside-display wayside-switch.path wayside-agent wayside-diagnostics.path wayside-screenshot.path wayside-catalogue.timer wayside-setup wayside-preview.path'
# shellcheck disable=SC2086
if [ -n "$root" ]; then
    systemctl --root="$root" disable --quiet mosquitto.service 2> /dev/null || true
    systemctl --root="$root" enable --quiet $enabled
    say "installed below $root"
    exit
fi
systemctl disable --quiet --now mosquitto.service 2> /dev/null || true
# shellcheck disable=SC2086
systemctl enable --quiet $enabled
systemctl daemon-reexec
# shellcheck disable=SC2086
systemctl restart systemd-journald $enabled
say "installed $(readlink "$opt/current"); configuration: /etc/wayside/config.yaml; log: journalctl -fu wayside"
