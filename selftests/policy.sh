#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full
# timeout: 400
#
# Policies single, stripe, duplicate and auto, per bundle, socket and message;
# the cut-off; roles and weights of links; sixteen links.
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
mb=$(part 1048576)

role() { in_ns a hpsctl link set "$@" && in_ns b hpsctl link set "$@"; }

# loads COMMAND...: runs it; sets load[I] to the octets that link I has carried
loads() {
	local i before=()
	for ((i = 1; i <= n; i++)); do before[i]=$(carried a "eth$i"); done
	"$@" || return
	for ((i = 1; i <= n; i++)); do
		load[i]=$(($(carried a "eth$i") - before[i]))
		echo "eth$i carried ${load[i]} octets"
	done
}

# traffic_at OCTETS: waits until link 1 has carried so much more
traffic_at() {
	wait_for "$(slow 20)" eval "[ \$(carried a eth1) -gt $(($(carried a eth1) + $1)) ]"
}

# one_of_two OCTETS: one link has carried that, the other next to nothing
one_of_two() {
	local low=$((load[1] < load[2] ? load[1] : load[2]))
	[ $((load[1] + load[2])) -ge "$1" ] && [ $low -lt 60000 ]
}

# mostly_one: all goes one way over one link and comes back over both
mostly_one() {
	local low=$((load[1] < load[2] ? load[1] : load[2]))
	[ $((load[1] + load[2])) -ge $((3 * low)) ]
}

# both OCTETS: each link has carried as much
both() { [ "${load[1]}" -ge "$1" ] && [ "${load[2]}" -ge "$1" ]; }

single() {
	set_policy policy single && loads ask a 10.1.1.2 5001 -s $((4 * mb)) &&
		one_of_two $((4 * mb))
}

stripe() {
	set_policy policy "$1" && loads ask a 10.1.1.2 5001 -s $((8 * mb)) &&
		both $((2 * mb))
}

# the second link carries once the policy is another, on the same connection
changed() {
	local i pid before
	set_policy policy single || return
	before=$(carried a eth2)
	ns_background a traffic -s $((24 * mb)) client 10.1.1.2 5001
	pid=$!
	traffic_at $((2 * mb))
	i=$(($(carried a eth2) - before))
	echo "single: eth2 carried $i octets"
	[ $i -lt 60000 ] && set_policy policy stripe || return
	wait $pid || return
	i=$(($(carried a eth2) - before))
	echo "then stripe: $i octets"
	[ $i -gt $((4 * mb)) ]
}

per_socket() {
	set_policy policy single &&
		loads talk policy=stripe cutoff=0 size=$mb count=4 && both $mb &&
		set_policy policy stripe &&
		loads talk policy=single size=$mb count=4 && mostly_one
}

per_message() {
	set_policy policy single &&
		loads talk message=stripe size=$mb count=6 && both $mb || return
	set_policy policy stripe
	loads talk message=single size=$mb count=6 && mostly_one
}

# segments SIZE: that a sends for 60 records of SIZE, when both links are in use
segments() {
	local before
	before=$(counter a HpsSegmentSent)
	talk type=record size="$1" count=60 >/dev/null || return
	echo $(($(counter a HpsSegmentSent) - before))
}

# records below the cut-off go whole over one link, others in two parts
cutoff() {
	local below above
	set_policy policy stripe cutoff 16k && below=$(segments 12000) || return
	set_policy policy stripe cutoff 8k && above=$(segments 12000) || return
	echo "12000 octets: $below segments below the cut-off, $above above, of 60 records"
	set_policy cutoff auto
	[ $below -lt 80 ] && [ $above -gt 90 ]
}

cutoff_of_socket() {
	local before
	before=$(counter a HpsSegmentSent)
	talk type=record size=12000 count=60 cutoff=65536 || return
	echo "$(($(counter a HpsSegmentSent) - before)) segments for 60 records"
	[ $(($(counter a HpsSegmentSent) - before)) -lt 80 ]
}

backup_waits() {
	set_policy policy auto cutoff auto && role eth2 role backup &&
		loads ask a 10.1.1.2 5001 -s $((4 * mb)) && [ "${load[2]}" -lt 60000 ]
}

backup_steps_in() {
	local pid before
	before=$(carried a eth2)
	ns_background a traffic -s $((24 * mb)) client 10.1.1.2 5001
	pid=$!
	traffic_at $((4 * mb))
	[ $(($(carried a eth2) - before)) -lt 60000 ] || return
	ipn a link set eth1 down
	wait $pid || return
	echo "eth2 carried $(($(carried a eth2) - before)) octets"
	[ $(($(carried a eth2) - before)) -gt $((8 * mb)) ]
	local err=$?
	ipn a link set eth1 up
	role eth2 role active
	return $err
}

weights() {
	local octets=$((16 << 20))
	[ "${HPS_KERNEL:-}" != debug ] || octets=$((6 << 20))
	role eth1 weight 3 && role eth2 weight 1 &&
		loads ask a 10.1.1.2 5001 -s $octets || return
	role eth1 weight auto && role eth2 weight auto || return
	echo "ratio $((100 * load[1] / load[2])) %, should be 300"
	[ $((100 * load[1] / load[2])) -gt 250 ] && [ $((100 * load[1] / load[2])) -lt 350 ]
}

# duplicate: each link carries all, and not more than that and 2 %
duplicated() {
	local copies times
	times=$(part 40)
	set_policy policy duplicate || return
	copies=$(counter a HpsSegmentCopied)
	talk size=1000 count=50 && loads talk size=100000 count=$times || return
	moved a HpsSegmentCopied "$copies" || return
	# heads of frames and acknowledgements: 66 in 1514 octets, both ways
	[ $((load[1] + load[2])) -le $((2 * 2 * times * 100000 * 1514 * 104 / 144800)) ]
}

duplicate_checked() {
	local d
	for d in up down both; do
		loads ask a 10.1.1.2 5001 -d $d -s $((8 * mb)) || return
	done
}

# a lossy link is not felt
lossy() {
	local clean bad
	shape 2 $FAST
	clean=$(talk size=1024 count=300 interval=3 | sed 's/.*p99 \([0-9]*\).*/\1/')
	shape 2 $FAST loss 5%
	bad=$(talk size=1024 count=300 interval=3 | sed 's/.*p99 \([0-9]*\).*/\1/')
	shape 2 $FAST
	echo "p99 $clean us on clean links, $bad us with one that loses 5 %"
	[ "${HPS_VIRTUAL_TIME:-0}" = 1 ] || return 0
	[ $((bad * 10)) -le $((clean * 11 + 200)) ]
}

lost() {
	local pid
	ns_background a python3 "$here/policy.py" client 10.1.1.2 6001 size=100000 "count=$(part 150)" interval=5
	pid=$!
	sleep 0.3
	ipn a link set eth2 down
	wait $pid
	local err=$?
	ipn a link set eth2 up
	return $err
}

sixteen() {
	local i
	for i in a b; do ns_delete $i; done
	t_namespaces=()
	n=16
	# so slow that the links limit, not the host, however busy it is
	ns_make a b && links 16 $(rate 2) delay 50us && bundle 16 && serve b 5001 &&
		loads ask a 10.1.1.2 5001 -s $((4 * mb)) || return
	for ((i = 1; i <= 16; i++)); do
		[ "${load[i]}" -gt $((mb / 12)) ] || return
	done
}

n=2 load=()
ns_make a b && links 2 $FAST && bundle 2 && serve b 5001 && echo_server || t_skip "no hosts"
t_ok "options out of range are refused" in_ns a python3 "$here/policy.py" refused
t_ok "single" single
t_ok "stripe" stripe stripe
t_ok "auto" stripe auto
t_ok "the policy changes under traffic" changed
t_ok "policy and cut-off of a socket" per_socket
t_ok "policy of a message" per_message
t_ok "cut-off of records" cutoff
t_ok "cut-off of a socket" cutoff_of_socket
t_ok "a backup link waits" backup_waits
t_ok "a backup link steps in" backup_steps_in
t_ok "weights" weights
t_ok "duplicate: copies, and no more" duplicated
t_ok "duplicate: checked transfers" duplicate_checked
t_ok "duplicate: a lossy link" lossy
t_ok "duplicate: a lost link" lost
t_ok "sixteen links" sixteen
t_ok "the kernel has not complained" log_clean
t_done
