# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# TAP for test scripts; sourced, never run. Results are counted; t_done prints
# the plan and ends the script. Namespaces and processes end with it.

t_count=0 t_failures=0
t_dir=$(mktemp -d) || exit 1
t_log=$t_dir/log
t_namespaces=() t_pids=()
# nothing ever comes from it: "read -t" waits without a process
exec {t_quiet}<> <(:)

# t_skip REASON...: the whole script
t_skip() { echo "1..0 # SKIP $*"; exit 4; }

# t_skip_one NAME REASON...
t_skip_one() {
	t_count=$((t_count + 1))
	echo "ok $t_count - $1 # SKIP ${*:2}"
}

t_pass() { t_count=$((t_count + 1)); echo "ok $t_count - $*"; }

# t_fail NAME: with what is in the log
t_fail() {
	t_count=$((t_count + 1)) t_failures=$((t_failures + 1))
	echo "not ok $t_count - $*"
	sed 's/^/# /' "$t_log"
}

# t_ok NAME COMMAND...: succeeds if the command does
t_ok() {
	local name=$1 begin=$SECONDS
	shift
	if "$@" >"$t_log" 2>&1; then t_pass "$name"; else t_fail "$name"; fi
	[ $((SECONDS - begin)) -lt 30 ] || echo "# that took $((SECONDS - begin)) s"
}

# t_try NAME COMMAND...: the same, of names that match $HPS_TRY, if that is set
t_try() {
	[[ $1 =~ ${HPS_TRY:-} ]] || return 0
	t_ok "$@"
}

# t_refused NAME MESSAGE COMMAND...: fails and says MESSAGE (a fixed string)
t_refused() {
	local name=$1 message=$2
	shift 2
	if "$@" >"$t_log" 2>&1; then
		echo "was not refused: $*" >>"$t_log"
		t_fail "$name"
	elif grep -qF -e "$message" "$t_log"; then
		t_pass "$name"
	else
		echo "should say: $message" >>"$t_log"
		t_fail "$name"
	fi
}

t_done() {
	echo "1..$t_count"
	[ $t_failures = 0 ]
	exit
}

# wait_for SECONDS COMMAND...
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { echo "timed out: $*"; return 1; }
		read -rt 0.05 -u "$t_quiet" || :
	done
}

# tcp_counted "NAME..." COUNTER...: nstat's counters of these namespaces, together
tcp_counted() {
	local h
	# shellcheck disable=SC2086 # a list of words
	for h in $1; do in_ns "$h" nstat -asz "${@:2}"; done | awk '/^Tcp/ { n += $2 } END { print n }'
}

# ns_add NAME...: network namespaces that ns_make made before, after ns_delete
ns_add() {
	local n
	for n; do
		ip netns add "t$$-$n" && ip -n "t$$-$n" link set lo up || return
	done
}

# ns_make NAME...: network namespaces, in commands as in_ns NAME COMMAND...
ns_make() {
	t_namespaces+=("$@")
	ns_add "$@"
}

ns_name() { echo "t$$-$1"; }
in_ns() { ip netns exec "t$$-$1" "${@:2}"; }

# ns_delete NAME
ns_delete() { ip netns del "t$$-$1"; }

# ns_background NAME COMMAND...: ends with the script; its process id is in $!
ns_background() {
	ip netns exec "t$$-$1" "${@:2}" &
	t_pids+=($!)
}

# shellcheck disable=SC2317 # called by the trap
t_cleanup() {
	local x
	for x in ${t_pids[@]+"${t_pids[@]}"}; do
		kill "$x" 2>/dev/null && wait "$x" 2>/dev/null
	done
	for x in ${t_namespaces[@]+"${t_namespaces[@]}"}; do
		ip netns del "t$$-$x" 2>/dev/null
	done
	rm -rf "$t_dir"
}
trap t_cleanup EXIT
