# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For the tests of one tool: sourced, never run. The script is started anew in
# namespaces of its own, where it is process 1: a server in them is in nobody's
# own network namespace, and all processes end with the script.
# HPS_TEST_PROTO says over what (hps, tcp, mptcp); the tool is on PATH.
#
# The script sets tool=(NAME OPTION...), not a function: $! must be the tool
# itself; serve_command, and serving=(...), what a server's command line ends
# with.

# shellcheck disable=SC2034,SC2154 # of lib.sh and the scripts
proto=${HPS_TEST_PROTO:-hps}

# own_namespaces TOOL ARG...: the script's own
own_namespaces() {
	command -v "$1" >/dev/null || { echo "1..0 # SKIP $1 is not on PATH"; exit 4; }
	shift
	[ -z "${TOOLS_INSIDE:-}" ] || return 0
	unshare --net --pid --fork --mount-proc true ||
		{ echo "1..0 # SKIP cannot make namespaces"; exit 4; }
	TOOLS_INSIDE=1 exec unshare --net --pid --fork --kill-child \
		--mount-proc "$0" "$@"
}

# serve NAME [OPTION...]: starts a server, its process is in $NAME
serve() {
	local name=$1

	shift
	: >"$name.log"
	"${tool[@]}" "$serve_command" "$@" ${serving[@]+"${serving[@]}"} >"$name.log" 2>&1 &
	printf -v "$name" %s $!
	wait_for 60 grep -q "^listening" "$name.log" || { cat "$name.log"; return 1; }
}

# refused TEXT OPTION...: the tool fails and says TEXT
refused() {
	local text=$1

	shift
	if "${tool[@]}" "$@" >refused.log 2>&1; then
		echo "should have failed: ${tool[0]} $*"
		return 1
	fi
	grep -q -- "$text" refused.log || { echo "no '$text' in:"; cat refused.log; return 1; }
}

# need_proto OPTION...: a client without a server, to see whether the kernel can
need_proto() {
	"${tool[@]}" "$@" 2>probe.log && { echo "Bail out! $* found a server"; exit 1; }
	! grep -q "this kernel has no" probe.log || t_skip "$(cat probe.log)"
}

# each TEST...: functions, then the end
each() {
	local t

	for t; do t_ok "$t ($proto)" "$t"; done
	t_done
}

# --- transfers of hpscp, whose sources are srv/huge and huge ---------------------

nothing_in() { [ -z "$(ls -A "$1")" ] || { ls -la "$1"; return 1; }; }

# in_transfer PID: has it written a megabyte to some file, not counting the sources?
in_transfer() {
	local fd kind size

	for fd in /proc/"$1"/fd/*; do
		read -r size kind < <(stat -L -c '%s %F' "$fd" 2>/dev/null)
		[ "$kind" = "regular file" ] && [ "$size" -gt 1000000 ] &&
			! [ "$fd" -ef srv/huge ] && ! [ "$fd" -ef huge ] && return 0
	done
	return 1
}

gone() { ! [ -e "/proc/$1" ] || grep -q '^State:	Z' "/proc/$1/status"; }

child_of() { pgrep -P "$1"; }
child_in_transfer() {
	local child

	for child in $(child_of "$1"); do
		in_transfer "$child" && return 0
	done
	return 1
}
