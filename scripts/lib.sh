# lib.sh - what scripts/run and scripts/test share: finding, installing and building. Sourced by bash.
# SPDX-License-Identifier: MIT

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

have() { command -v "$1" >/dev/null 2>&1; }

# missing_build, missing_test: the Debian packages that are not there, one a line, found by what they give.
missing_build() {
    have gcc || have cc || echo gcc
    [ -e /usr/include/stdio.h ] || echo libc6-dev
    have cmake || echo cmake
    have ninja || echo ninja-build
    if have pkg-config; then
        pkg-config --exists 'glib-2.0 >= 2.74' || echo libglib2.0-dev
        pkg-config --exists lua5.4 || echo liblua5.4-dev
        pkg-config --exists libpcap || echo libpcap-dev
        pkg-config --exists check || echo check
    else
        printf '%s\n' pkg-config libglib2.0-dev liblua5.4-dev libpcap-dev check
    fi
}

missing_test() {
    local p
    for p in clang tshark tcpdump valgrind; do have "$p" || echo "$p"; done
    have drill || echo ldnsutils
    [ -e /usr/lib/python3/dist-packages/scapy ] || echo python3-scapy
}

# install PACKAGE...: with apt, as root or through sudo; 1 if that cannot be done.
install() {
    local as=() log
    have apt-get || return 1
    if [ "$(id -u)" != 0 ]; then
        have sudo || return 1
        as=(sudo)
    fi
    log=$(mktemp)
    echo "installing: $*" >&2
    if "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update >"$log" 2>&1 &&
        "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@" >>"$log" 2>&1
    then
        rm -f "$log"
    else
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
}

# need_build: everything the build wants is there afterwards, or we stop and name it.
need_build() {
    local missing
    mapfile -t missing < <(missing_build)
    [ ${#missing[@]} = 0 ] && return
    install "${missing[@]}" || true
    mapfile -t missing < <(missing_build)
    [ ${#missing[@]} = 0 ] && return
    echo "stacklab needs these packages (Debian's names): ${missing[*]}" >&2
    echo "Install them, then call this again." >&2
    exit 2
}

# configure PRESET [CMAKE-OPTION...]: once, and again when the presets have changed, which ninja does not see.
# build PRESET [TARGET...]: incrementally. Both quiet when all is well.
configure() {
    local preset=$1 log
    shift
    [ "$root/build/$preset/build.ninja" -nt "$root/CMakePresets.json" ] && return
    log=$(mktemp)
    (cd "$root" && cmake --preset "$preset" -G Ninja "$@") >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; exit 2; }
    rm -f "$log"
}

build() {
    local log
    log=$(mktemp)
    ninja -C "$root/build/$1" "${@:2}" >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; exit 2; }
    rm -f "$log"
}

# smaller SCENARIO: the settings that keep its captures small, one word a line; none for most.
smaller() {
    case $1 in
        *lossy-torture.lua) printf '%s\n' --set size=50kB ;;
        *random-network.lua) printf '%s\n' --set flows=2 --set size=5kB ;;
        *lossy-10mb.lua) printf '%s\n' --set size=200kB ;;
        *two-flows-share.lua) printf '%s\n' --set rate=500kbit ;;
    esac
}

# each FUNCTION: runs it for every line of stdin, JOBS at once (as many as there are cores), in a folder $scratch of its own.
# It prints `ok` for what passes and lines that begin with FAIL; those appear in the lines' order, and passed and failed
# count them. What the function uses is exported by the caller.
each() {
    local all
    all=$(mktemp -d)
    export -f "$1"
    nl -ba -nrz -w6 -s' ' | tr '\n' '\0' | xargs -0 -P "${JOBS:-$(nproc)}" -I{} bash -c '
        line=${1#* }
        export scratch=$2/${1%% *}
        mkdir "$scratch"
        "$0" "$line" >"$scratch.said" 2>&1 || echo "FAIL  $line: ended with status $?" >>"$scratch.said"
        rm -rf "$scratch"' "$1" {} "$all"
    cat "$all"/*.said >"$all/said"
    grep -vx ok "$all/said"
    passed=$(($(grep -cx ok "$all/said") + passed)) failed=$(($(grep -c '^FAIL  ' "$all/said") + failed))
    rm -rf "$all"
}
