#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long
# timeout: 500
#
# One-sided operations over several links: that all carry them, that every octet and
# completion is right whatever the links do, and that the other end's program is not
# needed for it.
# HPS_TRY: a regular expression; tests whose names it does not match are left out.
# functions run through t_ok; numbers and lists of words stand unquoted; || after &&
# is for any of them
# shellcheck disable=SC2317,SC2086,SC2015,SC2046
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module
command -v hpsctl >/dev/null || t_skip "hpsctl is not on PATH"

FAST="$(rate 100) delay 50us"
mb=$(part 1048576)
v4=10.1.1.2 v6=fd01:1::2

# remote_server PORT [OPTION...]: in b
remote_server() {
	run_in b server-$1 remote "${@:2}" server :: $1 && server=$pid && said server-$1 listening
}

# client ADDRESS PORT [OPTION...]: in a
client() {
	in_ns a timeout "$(slow 60)" remote "${@:3}" client $1 $2 && return
	in_ns a hpsctl conn show
	in_ns b hpsctl conn show
	return 1
}

# --- what the links do --------------------------------------------------------------

down() { ipn $1 link set eth$2 down; }

# up HOST LINK: IPv6 takes its addresses away with the link
up() {
	local n=2
	[ $1 = b ] || n=1
	ipn $1 link set eth$2 up &&
		ipn $1 addr replace fd01:$2::$n/64 dev eth$2 nodad
}

# impair LINK NETEM...: what is under way stays so
impair() {
	local h
	for h in b a; do
		tcn $h qdisc change dev eth$1 root netem limit 20000 "${@:2}" || return
	done
}

heal() { impair $1 $FAST loss 0% duplicate 0% reorder 0%; }

# --- operations in the background ---------------------------------------------------

# flow ADDRESS [OPTION...]: until finish
flow() {
	going=$t_dir/going
	: >"$going"
	run_in a client timeout "$(slow 150)" remote -f "$going" "${@:2}" client $1 6001
	flow=$pid
}

# start ADDRESS [OPTION...]: over two links
start() {
	flow $1 -w 200000 -i 2000 "${@:2}"
	wait_for "$(slow 20)" paths 2 || { cat "$t_dir/client"; return 1; }
}

finish() {
	rm "$going"
	wait $flow || { echo "the operations failed:"; tail -n 5 "$t_dir/client" "$t_dir/server-6001"; return 1; }
	cat "$t_dir/client"
}

# soon COMMAND...: it succeeds
soon() {
	wait_for "$(slow 10)" "$@" && return
	in_ns a hpsctl conn show
	cat "$t_dir/client"
	return 1
}

# goes_on: more operations complete
goes_on() {
	local before
	before=$(counter a HpsAskCompleted)
	soon moved a HpsAskCompleted $((before + 20))
}

# lose COMMAND...: runs it, and a path goes; regain COMMAND...: and one comes up
lose() {
	local before
	before=$(counter a HpsPathDown)
	"$@" && soon moved a HpsPathDown $before
}
regain() {
	local before
	before=$(counter a HpsJoinOk)
	"$@" && soon moved a HpsJoinOk $before && soon paths 2
}

# --- tests ----------------------------------------------------------------------------

# shared N KINDS ADDRESS: all of N links carry at least a third of their share
shared() {
	local i before=() d size=$((8 * mb)) least
	for ((i = 1; i <= $1; i++)); do before[i]=$(carried a eth$i); done
	client $3 6002 -k $2 -w $((2 * mb)) -s $size || return
	least=$((size / $1 / 3))
	for ((i = 1; i <= $1; i++)); do
		d=$(($(carried a eth$i) - before[i]))
		echo "eth$i carried $d octets"
		[ $d -ge $least ] || { echo "less than $least"; return 1; }
	done
}

# moved_by COMMAND...: octets of the operations of a client, without the last one, which
# adds to the sum
moved_by() {
	"$@" >"$t_dir/counted" || return
	cat "$t_dir/counted"
	REPLY=$(($(sed -n 's/^ok .* operations \([0-9]*\) octets.*/\1/p' "$t_dir/counted") - 8))
	operations=$(sed -n 's/^done \([0-9]*\) .*/\1/p' "$t_dir/counted")
}

# since BEFORE HOST NAME: how far a counter has moved
since() { echo $(($(counter $2 $3) - $1)); }

# Each kind is counted where it belongs, and once.
counts() {
	local placed served completed
	completed=$(counter a HpsAskCompleted)
	placed=$(counter b HpsPlacedOctets) served=$(counter b HpsRequestServed)
	moved_by client $v4 6001 -k w -s $mb || return
	echo "placed $(since $placed b HpsPlacedOctets) completed $(since $completed a HpsAskCompleted)"
	# It writes all of its share first.
	[ "$(since $placed b HpsPlacedOctets)" = $((REPLY + 4 * mb - 4096)) ] &&
		[ "$(since $completed a HpsAskCompleted)" = $operations ] || return
	placed=$(counter a HpsPlacedOctets) served=$(counter b HpsRequestServed)
	completed=$(counter a HpsAskCompleted)
	moved_by client $v4 6001 -k r -s $mb || return
	echo "read $(since $placed a HpsPlacedOctets) completed $(since $completed a HpsAskCompleted)"
	[ "$(since $placed a HpsPlacedOctets)" = $REPLY ] &&
		[ "$(since $completed a HpsAskCompleted)" = $operations ] &&
		[ "$(since $served b HpsRequestServed)" -gt 1 ]
}

# impaired ADDRESS NETEM...: both links, all kinds
impaired() {
	local i
	for i in 1 2; do impair $i "${@:2}" || return; done
	client $1 6001 -s $((3 * mb)) && client $1 6001 -s $((mb / 4)) -w 300
	local rc=$?
	for i in 1 2; do heal $i || return; done
	return $rc
}

uneven() {
	impair 2 $(rate 100) delay 20ms && client $v4 6001 -s $((6 * mb)) &&
		client $v6 6001 -s $((6 * mb)) -k wr -w $mb && heal 2
}

carrier() { start $1 && lose down a 2 && goes_on && regain up a 2 && goes_on && finish; }
first_path() { start $1 && lose down a 1 && goes_on && regain up a 1 && finish; }
black_hole() {
	start $1 && lose impair 2 $FAST loss 100% && goes_on && regain heal 2 && goes_on && finish
}

abort_path() {
	local n=1
	[ $1 = b ] || n=2
	in_ns $1 ss -K -tn dst "[fd01:2::$n]" or dst 10.1.2.$n
}
killed() {
	local i
	start $1 || return
	for i in 1 2 3; do
		lose abort_path $2 && soon paths 2 || return
	done
	goes_on && finish
}

flapping() {
	local i
	start $v6 || return
	for ((i = 0; i < 6; i++)); do
		down a 2
		sleep 0.1
		up a 2
		impair 1 $FAST loss 100%
		sleep 0.3
		heal 1
		sleep 0.2
	done
	# every attempt that failed made the next one later
	wait_for "$(slow 40)" paths 2 && finish && return
	in_ns a hpsctl conn show
	in_ns a hpsctl explain
	in_ns b hpsctl link show
	return 1
}

set_policy() { in_ns a hpsctl bundle set hps0 policy $1 && in_ns b hpsctl bundle set hps0 policy $1; }

# policy NAME COMMAND...: on both ends, meanwhile
policy() {
	local rc
	set_policy $1 && "${@:2}"
	rc=$?
	set_policy auto
	return $rc
}

# What a writes goes over one link.
single() {
	local i before=() d busy=0
	for i in 1 2; do before[i]=$(carried a eth$i); done
	client $v4 6001 -k w -s $((4 * mb)) || return
	for i in 1 2; do
		d=$(($(carried a eth$i) - before[i]))
		echo "eth$i carried $d octets"
		[ $d -lt 100000 ] || busy=$((busy + 1))
	done
	[ $busy = 1 ] && client $v6 6001 -s $((2 * mb))
}

# Copies go both ways.
duplicate() {
	local there here
	there=$(counter a HpsSegmentCopied) here=$(counter b HpsSegmentCopied)
	client $v4 6001 -s $((4 * mb)) && moved a HpsSegmentCopied $there &&
		moved b HpsSegmentCopied $here
}
duplicate_in_hole() {
	start $v4 && lose impair 2 $FAST loss 100% && goes_on && regain heal 2 && finish
}

with_crc() {
	local h
	for h in a b; do in_ns $h sysctl -qw net.hps.crc=1 net.hps.pool_size=0 || return; done
	client $v4 6001 -s $((3 * mb)) && client $v6 6001 -s $((3 * mb)) -k wr -w $mb
	local rc=$?
	for h in a b; do in_ns $h sysctl -qw net.hps.crc=0 net.hps.pool_size=64; done
	return $rc
}

is_stopped() { grep -q '^State:.T' /proc/$1/status; }

# Its program is not needed, not even for what is still under way.
stopped() {
	local rc served
	flow $1 -k wra -w 200000
	goes_on && kill -STOP $server && wait_for 10 is_stopped $server || return
	served=$(counter b HpsRequestServed)
	goes_on && goes_on && moved b HpsRequestServed $((served + 10)) &&
		rm "$going" && soon says client 'done' && is_stopped $server
	rc=$?
	kill -CONT $server
	wait $flow && cat "$t_dir/client" && [ $rc = 0 ]
}

trace=/sys/kernel/tracing/instances/remote

# wakeups: of whom the trace is about
wakeups() { awk '/: sched_wakeup: / { n++ } END { print n + 0 }' $trace/trace; }

# trace_wakeups PID: from now on
trace_wakeups() {
	[ -d ${trace%/*} ] || mount -t tracefs none /sys/kernel/tracing || return
	mkdir $trace && echo "pid == $1" >$trace/events/sched/sched_wakeup/filter &&
		echo 1 >$trace/events/sched/sched_wakeup/enable
}

# served N: so many requests more, and writes meanwhile
served() {
	local before placed
	before=$(counter b HpsRequestServed) placed=$(counter b HpsPlacedOctets)
	soon moved b HpsRequestServed $((before + $1)) && soon moved b HpsPlacedOctets $placed
}

# Its program is not woken for any of it, but for the message that ends it.
asleep() {
	local rc n=none
	flow $1 -k wra -w 200000
	goes_on && trace_wakeups $server && served 20 && n=$(wakeups)
	finish
	rc=$?
	echo "woken $n times by operations, $(wakeups) times with the end"
	[ $rc = 0 ] && [ $n = 0 ] && [ "$(wakeups)" -gt 0 ]
	rc=$?
	rmdir $trace
	return $rc
}

# Regions beyond the budget are mapped by the page.
by_page() {
	local before
	before=$(counter b HpsRegionPerPage)
	in_ns b sysctl -qw net.hps.map_budget=0 && remote_server 6003 -r $mb &&
		client $v6 6003 -s $((4 * mb)) && moved b HpsRegionPerPage $before &&
		end $server
}

many() { client $1 6004 -j 8 -s $((mb / 2)) "${@:2}" && grep sum "$t_dir/server-6004" | tail -n 1; }

none_left() {
	local h
	for h in a b; do
		wait_for "$(slow 10)" eval \
			"in_ns $h hpsctl -j conn show | jq -e '.conns | length == 0'" || return
	done
}

# An end in the midst of it takes nobody else along.
killed_client() {
	flow $v4 -w 400000
	goes_on && kill -KILL "$(pgrep -P $flow remote)" || return
	wait $flow
	none_left && client $v4 6001 -s $((mb / 2))
}

flow='' going='' server='' operations=''

hosts() { ns_make a b && links 2 $FAST && bundle 2 && remote_server 6001 -r $((4 * mb)); }
region_server() { remote_server 6004 -n 8 -r $((8 * mb)); }
wide_server() { remote_server 6002 -r $((16 * mb)); }
more_links() {
	local h i
	for i in 3 4; do
		link $i $FAST || return
		for h in a b; do ipn $h link set eth$i master hps0 || return; done
	done
}
fewer_links() { ipn a link del eth3 && ipn a link del eth4; }
t_ok "two hosts" hosts
main=$server
# on the debug kernel what takes ways of its own
[ "${HPS_KERNEL:-}" != debug ] || HPS_TRY=${HPS_TRY:-counted|small ones|reorder|carrier loss$|black hole|at the peer|CRC|by the page|is killed|many clients|not woken}
t_ok "a large region" wide_server
t_ok "a region for many" region_server
server=$main
t_try "operations are counted" counts
t_try "all kinds, $v4" client $v4 6001 -s $((8 * mb))
t_try "all kinds, $v6" client $v6 6001 -s $((8 * mb))
t_try "small ones" client $v4 6001 -s $((mb / 4)) -w 500
t_try "many under way" client $v4 6001 -s $((8 * mb)) -q 200 -w 65536
t_try "small buffers" client $v6 6001 -s $((4 * mb)) -B 20000
t_try "two links share writes" shared 2 w $v4
t_try "two links share reads" shared 2 r $v6
t_try "over links that lose and reorder" impaired $v4 $(rate 100) delay 2ms 1ms loss 2% reorder 20% duplicate 2%
t_try "a link that is longer" uneven
t_try "carrier loss" carrier $v4
t_try "carrier loss of the first path" first_path $v6
t_try "a black hole" black_hole $v4
t_try "the transport is killed" killed $v4 a
t_try "the transport is killed at the peer" killed $v6 b
t_try "flapping links" flapping
t_try "policy single" policy single single
t_try "policy duplicate" policy duplicate duplicate
t_try "policy duplicate with a black hole" policy duplicate duplicate_in_hole
t_try "with CRC" with_crc
t_try "the server is stopped, $v4" stopped $v4
t_try "the server is stopped, $v6" stopped $v6
t_try "the server is not woken, $v4" asleep $v4
t_try "the server is not woken, $v6" asleep $v6
t_try "a region that is mapped by the page" by_page
server=$main
t_try "a client is killed" killed_client
t_try "many clients" many $v4
t_try "many clients that count" many $v6 -k a -s 3000
t_ok "two more links" more_links
t_try "four links share writes" shared 4 w $v6
t_try "four links share reads" shared 4 r $v4
t_try "many clients over four links" many $v4
t_ok "two links go" fewer_links
t_ok "nothing is left" none_left
t_ok "the kernel's log is clean" log_clean
t_done
