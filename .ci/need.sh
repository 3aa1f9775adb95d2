# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts that people run: what the project needs, installed or asked for in one line.

# Runs Swift's traps to their end: the backtracer may hang where there is no terminal.
export SWIFT_BACKTRACE=enable=no

say() { printf '%s\n' "$*" >&2; }

need_swift() {
    command -v swift >/dev/null 2>&1 || { say "Swift 6.2 or later is needed on PATH: see https://www.swift.org/install"; exit 1; }
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    case $version in
    [0-5].* | 6.[01]) say "Swift 6.2 or later is needed; this is $version: see https://www.swift.org/install"; exit 1 ;;
    esac
}

# need_packages PACKAGE... : installs those Debian packages that are missing.
need_packages() {
    missing=""
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ]; then as_root=""
    elif command -v sudo >/dev/null 2>&1; then as_root=sudo
    else say "Missing:$missing. As root: apt-get install -y$missing"; exit 1
    fi
    say "installing$missing"
    # One try with the lists as they are; a fresh machine has none, or old ones.
    install="env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"
    # shellcheck disable=SC2086 # words are meant to split
    $as_root $install $missing >/dev/null 2>&1 || {
        $as_root apt-get update -qq >&2
        $as_root $install $missing >/dev/null
    }
}

# own_build FOLDER : a build that came along with a copied or moved checkout is made usable. What was compiled before names
# the place where it was, and the compiler stops at that with an error for each module.
#
# A package on top of this one is not told of files that came or went here: then its plan is made anew.
own_build() {
    for plan in "$1/debug.yaml" "$1/release.yaml"; do
        [ -f "$plan" ] || continue
        grep -qF -e "$PWD/" -e "$(pwd -P)/" "$plan" || {
            say "the build in $1 was made in another folder: dropping its modules"
            find "$1" -name ModuleCache -type d -prune -exec rm -rf {} +
        }
        [ -z "$(find Sources -type d -newer "$plan" -print -quit)" ] || rm -f "$plan"
    done
}
