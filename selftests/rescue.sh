#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full
# timeout: 600
#
# What is late on one link goes over an idle one: a link that becomes slow or falls
# silent in mid-stream, a small window; and that nothing goes twice where nothing
# is late.
# functions run through t_ok; numbers and lists of words stand unquoted
# shellcheck disable=SC2317,SC2086
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"
# shellcheck source=selftests/echo.sh
. "$here/echo.sh"

need_module

FAST="$(rate 100) delay 50us"
SLOW="$(rate 1) delay 50us"
mb=$(part 1048576)

# by_clock A B: A if time is the machine's own, B if it goes on while the host is busy
by_clock() { if [ "${HPS_VIRTUAL_TIME:-0}" = 1 ]; then echo "$1"; else echo "$2"; fi; }

# becomes I NETEM...: link I, what is under way stays so
becomes() {
	local h
	for h in a b; do
		tcn "$h" qdisc change dev "eth$1" root netem limit 20000 "${@:2}" || return
	done
}

rescued() { echo $(($(counter a HpsRescuedOctets) + $(counter b HpsRescuedOctets))); }

# note: from now on, gone I: octets of link I. has_gone OCTETS I...: over these
note() { noted=(0 "$(carried a eth1)" "$(carried a eth2)"); }
gone() { echo $(($(carried a "eth$1") - noted[$1])); }
has_gone() {
	local i sum=0
	for i in "${@:2}"; do sum=$((sum + $(gone "$i"))); done
	[ $sum -gt "$1" ]
}

# talk_while WHICH OCTETS NETEM... -- NAME=VALUE...: messages until so many octets have
# gone; then the link that carried most of them becomes so, until as many have gone over
# WHICH, "it" or the "other" one, since. Sets took (us, of the longest message), twice
# (octets, since) and on_link (those of the link, since)
talk_while() {
	local which=$1 octets=$2 how=() it=1 before pid err=0 patience=60
	shift 2
	while [ "$1" != -- ]; do how+=("$1"); shift; done
	shift
	rm -f "$t_dir/stop"
	note
	ns_background a timeout "$(slow 120)" python3 "$here/policy.py" client 10.1.1.2 6001 \
		until="$t_dir/stop" "$@" >"$t_dir/talk" 2>&1
	pid=$!
	wait_for "$(slow 60)" has_gone "$octets" 1 2 || err=1
	# what was sent while there was one path stays there
	[ "$which" = it ] || wait_for "$(slow 60)" paths 2 || err=1
	[ "$(gone 1)" -ge "$(gone 2)" ] || it=2
	before=$(rescued)
	note
	becomes $it "${how[@]}" || err=1
	if [ "$which" = it ]; then which=$it patience=15; else which=$((3 - it)); fi
	wait_for "$(slow $patience)" has_gone "$octets" $which || err=1
	touch "$t_dir/stop"
	wait $pid || err=1
	twice=$(($(rescued) - before)) on_link=$(gone $it)
	becomes $it $FAST loss 0%
	cat "$t_dir/talk"
	took=$(sed -n 's/.*max //p' "$t_dir/talk")
	echo "link $it carried $on_link octets, $twice went over the other one as well"
	return $err
}

# The most that is under way on a link that nobody knows to be slow, both ways.
UNDER_WAY=262144

# 40 KB that are under way take a third of a second at 1 Mbit/s. Each octet that goes
# twice has been given to the slow link.
becomes_slow() {
	talk_while other $((2 * mb)) $SLOW -- size=$((mb / 4)) interval=5 || return
	[ $twice -gt 0 ] && [ $twice -lt $((on_link + UNDER_WAY)) ] &&
		[ "$took" -lt "$(by_clock 220000 10000000)" ]
}

# Nothing but this helps: a path is suspected after a minute.
falls_silent() {
	talk_while other $((2 * mb)) $FAST loss 100% -- size=$((mb / 4)) interval=5 || return
	[ $twice -gt 0 ] && [ $twice -lt $((2 * UNDER_WAY)) ] &&
		[ "$took" -lt "$(by_clock 200000 10000000)" ]
}

# What was late there once is in the way of the next one.
small_and_silent() {
	talk_while other $((mb / 4)) $FAST loss 100% -- size=1000 interval=1 || return
	[ $twice -gt 0 ] && [ $twice -lt "$(by_clock 20000 60000)" ]
}

# the small buffer is full while the slow link carries one segment
window() {
	talk_while other $((2 * mb)) $SLOW -- size=$mb buffer=150000 || return
	[ $twice -gt 0 ] && [ $twice -lt $((on_link + UNDER_WAY)) ] &&
		[ "$took" -lt "$(by_clock 600000 20000000)" ]
}

# policy single: the message is for one link, though that is slow. Messages may have
# gone over to the other link before it became so: that is no test.
alone() {
	local try err=1
	set_policy policy single || return
	for ((try = 0; try < 5 && err; try++)); do
		talk_while it $((mb / 16)) $SLOW -- size=$((mb / 8)) interval=5
		err=$?
		[ $twice = 0 ] || break
	done
	set_policy policy auto
	[ $err = 0 ] && [ $twice = 0 ]
}

# policy duplicate, two copies: both links that carry most become slow, and the third one
# idles for most of the time, for it is a little longer
copies() {
	local before joins pid err=0
	link 3 $(rate 100) delay 2ms || return
	for h in a b; do ipn $h link set eth3 master hps0 || return; done
	set_policy policy duplicate || return
	rm -f "$t_dir/stop"
	joins=$(counter a HpsJoinOk)
	ns_background a timeout "$(slow 120)" python3 "$here/policy.py" client 10.1.1.2 6001 \
		until="$t_dir/stop" size=$((mb / 4)) interval=5 >"$t_dir/talk" 2>&1
	pid=$!
	note
	wait_for "$(slow 60)" has_gone $((2 * mb)) 1 2 || err=1
	wait_for "$(slow 20)" moved a HpsJoinOk $((joins + 1)) || err=1
	before=$(rescued)
	note
	becomes 1 $SLOW && becomes 2 $SLOW || err=1
	wait_for "$(slow 60)" has_gone $((mb / 8)) 1 || err=1
	wait_for "$(slow 60)" has_gone $((mb / 8)) 2 || err=1
	touch "$t_dir/stop"
	wait $pid || err=1
	before=$(($(rescued) - before))
	set_policy policy auto
	becomes 1 $FAST && becomes 2 $FAST || err=1
	cat "$t_dir/talk"
	echo "$before octets went once more than there shall be copies"
	[ $err = 0 ] && [ $before = 0 ]
}

# nothing SHARE COMMAND...: of 1000 octets that are sent at most so many go twice: at
# the start of a connection, while rates are not known well. A busy host makes late what
# is not, but not each time.
nothing() {
	local before sent try
	for ((try = 0; try < $(by_clock 1 5); try++)); do
		before=$(rescued)
		note
		"${@:2}" || return
		before=$(($(rescued) - before)) sent=$(($(gone 1) + $(gone 2)))
		echo "$before octets went twice of $sent"
		[ $before -gt $((sent * $1 / 1000)) ] || return 0
	done
	return 1
}

streams() {
	local d
	for d in up down both; do ask a 10.1.1.2 5001 -d $d -s $((4 * mb)) || return; done
}

# Much is received before it is read: the acknowledgements are delayed.
slow_reader() { talk size=$mb count=3 pause=10; }

messages() {
	talk size=$((mb / 16)) count=30 && talk size=1000 count=50 interval=1 &&
		talk type=record size=3000 count=50 interval=20
}

ns_make a b && links 2 $FAST && bundle 2 && serve b 5001 && echo_server || t_skip "no hosts"
# Programs are read from disk here, and not in the middle of what is looked at.
ask a 10.1.1.2 5001 -d both -s $mb >/dev/null && talk size=$((mb / 4)) count=3 >/dev/null
for h in a b; do in_ns $h sysctl -qw net.hps.dead_ms=60000; done
t_ok "little of a stream goes twice on even links" nothing 25 streams
t_ok "nor of messages" nothing 25 messages
t_ok "nor of what is read slowly" nothing 25 slow_reader
t_ok "a link becomes slow" becomes_slow
t_ok "a link falls silent" falls_silent
t_ok "small messages leave a silent link" small_and_silent
t_ok "a slow link does not pin the window" window
t_ok "policy single stays on its link" alone
t_ok "policy duplicate sends no more than its copies" copies
t_ok "the kernel has not complained" log_clean
t_done
