# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A connection from host b to host a that does what it is told (talk.py), and what b
# sees of it. Sourced, behind links.sh.
# shellcheck disable=SC2154 # of lib.sh
command -v python3 >/dev/null || t_skip "no python3"

# answer PORT: at a, whoever connects
answer() {
	ns_background a python3 "${BASH_SOURCE[0]%/*}/talk.py" listen "$1" >"$t_dir/listen" 2>&1
	wait_for 30 grep -q listening "$t_dir/listen" || cat "$t_dir/listen"
}

# hold PORT [DEV]: a connection from b to a that stays and does what it is told
# by fd 3
hold() {
	rm -f "$t_dir/pipe"
	mkfifo "$t_dir/pipe"
	: >"$t_dir/talk"
	# not by ns_background: opening the pipe waits until both ends do
	ip netns exec "$(ns_name b)" python3 "${BASH_SOURCE[0]%/*}/talk.py" 10.1.1.1 "$@" \
		<"$t_dir/pipe" >"$t_dir/talk" 2>&1 &
	talker=$!
	t_pids+=("$talker")
	exec 3>"$t_dir/pipe"
	wait_for "$(slow 10)" grep -q connected "$t_dir/talk" ||
		{ cat "$t_dir/talk"; return 1; }
}

# begin OCTETS: to send them; sent TIMES OCTETS: they were acknowledged, so often
begin() { echo "send $1" >&3; }
sent() { [ "$(grep -c "sent $2\$" "$t_dir/talk")" -ge "$1" ]; }

# send OCTETS: and wait until they are acknowledged
send() {
	local before
	before=$(grep -c "sent $1\$" "$t_dir/talk")
	begin "$1"
	wait_for "$(slow 20)" sent $((before + 1)) "$1"
}

# info: HPS_INFO of the connection, as JSON
info() {
	local before
	before=$(grep -c ^info "$t_dir/talk")
	echo info >&3
	wait_for 10 eval "[ \$(grep -c ^info '$t_dir/talk') -gt $before ]" >&2 || return
	sed -n 's/^info //p' "$t_dir/talk" | tail -n 1
}

# shown [FILTER...]: JSON of connections in b, where the clients are
shown() { in_ns b hpsctl -j conn show "$@"; }

# count N FILTER...: so many are selected
count() {
	local n=$1
	shift
	shown "$@" | jq -e ".conns | length == $n" || { shown "$@"; return 1; }
}

two_paths() {
	shown | jq -e '.conns[0].paths | length == 2 and
		([.[].state] == ["up", "up"])'
}

# let_go: it ends, and the connection with it
let_go() {
	exec 3>&-
	wait "$talker"
	wait_for "$(slow 10)" count 0
}
