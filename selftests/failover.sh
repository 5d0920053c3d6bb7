#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full debug
# timeout: 400
#
# Links fail and return under checksummed traffic: every way in which a path can
# be lost, that it is noticed and told with its cause, that nothing is lost or
# comes twice, that the link is used again, and how it ends if none is.
# HPS_TRY: a regular expression; tests whose names it does not match are left out.
# functions run through t_ok; lists of words stand unquoted; || after && is for
# any of them
# shellcheck disable=SC2317,SC2086,SC2015
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module
command -v hpsctl >/dev/null || t_skip "hpsctl is not on PATH"

FAST="rate 100mbit delay 50us"
# hole LINK [HOST]: what it, or both, send over a link vanishes. b first: then a
# is the one to notice, and no word of b's gets through.
hole() {
	local h
	for h in ${2:-b a}; do
		in_ns $h tc qdisc change dev eth$1 root netem limit 20000 $FAST loss 100% || return
	done
}

# heal LINK
heal() {
	local h
	for h in a b; do
		in_ns $h tc qdisc change dev eth$1 root netem limit 20000 $FAST loss 0% || return
	done
}

down() { ipn $1 link set eth$2 down; }

# up HOST LINK: IPv6 takes its addresses away with the link
up() {
	ipn $1 link set eth$2 up
	address $1 $2
}

address() {
	local n=2
	[ $1 = b ] || n=1
	ipn $1 addr replace 10.1.$2.$n/24 dev eth$2
	ipn $1 addr replace fd01:$2::$n/64 dev eth$2 nodad
}

# of LINK FIELD [HOST]: a figure of a link
of() { in_ns ${3:-a} hpsctl -j link show eth$1 | jq ".links[0].$2"; }
grown() { [ "$(of $1 $2)" -gt "$3" ]; }

# paths N [STATE]: some connection of a has so many
paths() {
	in_ns a hpsctl -j conn show |
		jq -e "[.conns[].paths | map(select(.state == \"${2:-up}\")) | length] | max == $1"
}

none_open() { in_ns $1 hpsctl -j conn show | jq -e '.conns | length == 0'; }
silent_for() {
	local before
	before=$(counter a $2)
	sleep $1
	[ "$(counter a $2)" = "$before" ]
}

# flow ADDRESS [OPTION...]: a transfer in the background, until finish
flow() {
	going=$t_dir/going$((++flows))
	: >"$going"
	ns_background a timeout "$(slow 180)" traffic -f "$going" "${@:2}" \
		client $1 5001 >"$t_dir/client" 2>&1
	client=$!
}

# start ADDRESS [OPTION...]: both ways over both links
start() {
	flow $1 -d both -w 200000 -i 30000 "${@:2}"
	wait_for 20 paths 2 || { cat "$t_dir/client"; return 1; }
}

# finish: it ends, and well
finish() {
	rm "$going"
	wait $client || { echo "the transfer failed: $(cat "$t_dir/client")"; return 1; }
}

# lose CAUSE LINK COMMAND...: runs it, and the path goes for that cause
lose() {
	local cause=$1 link=$2 before
	shift 2
	before=$(of $link downs.$cause)
	"$@" || return
	wait_for "$(slow 10)" grown $link downs.$cause "$before" || {
		in_ns a hpsctl -j link show
		in_ns a hpsctl conn show
		return 1
	}
}

# regain LINK COMMAND...: runs it, and a path comes up
regain() {
	local link=$1 before
	shift
	before=$(of $link path_ups)
	"$@" || return
	wait_for "$(slow 10)" grown $link path_ups "$before" || {
		in_ns a hpsctl conn show
		in_ns a cat /proc/net/hps_stat | grep -v ' 0$'
		return 1
	}
}

carrier() {
	start $1 && lose carrier 2 down a 2 && paths 1 && regain 2 up a 2 && finish
}

first_path() {
	start $1 && lose carrier 1 down a 1 && paths 1 && regain 1 up a 1 && finish
}

# by its own carrier or by what the peer says, whichever comes first
remote_carrier() {
	start $1 && lose_somehow down b 2 && regain 2 up b 2 && finish
}

removed() {
	start $1 || return
	local before
	before=$(counter a HpsPathDown)
	ipn a link del eth2 && wait_for 10 moved a HpsPathDown "$before" || return
	link 2 $FAST || return
	ipn b link set eth2 master hps0 && ipn a link set eth2 master hps0 &&
		wait_for "$(slow 10)" paths 2 && finish
}

unbundled() {
	start $1 && lose_somehow ipn a link set eth2 nomaster &&
		ipn a link set eth2 master hps0 && wait_for "$(slow 10)" paths 2 && finish
}

# lose_somehow COMMAND...: for whatever cause
lose_somehow() {
	local before
	before=$(counter a HpsPathDown)
	"$@" && wait_for "$(slow 10)" moved a HpsPathDown "$before"
}

# the peer takes its link out: it says so, and the path is not used until it
# is back
withdrawn() {
	start $1 || return
	local before
	before=$(counter a HpsPathDown)
	ipn b link set eth2 nomaster && wait_for 10 moved a HpsPathDown "$before" &&
		regain 2 ipn b link set eth2 master hps0 && finish
}

# a link that is added under traffic is joined
added() {
	start $1 && link 3 $FAST && ipn a link set eth3 master hps0 &&
		ipn b link set eth3 master hps0 && wait_for "$(slow 10)" paths 3 || return
	ipn a link del eth3
	wait_for "$(slow 10)" paths 2 && finish
}

# the one in use goes last, or the path would be joined anew by the other
no_address() {
	case $1 in
	*:*) ipn a addr del 10.1.2.1/24 dev eth2 && ipn a addr del fd01:2::1/64 dev eth2 ;;
	*) ipn a addr del fd01:2::1/64 dev eth2 && ipn a addr del 10.1.2.1/24 dev eth2 ;;
	esac
}
lost_address() {
	start $1 && lose address 2 no_address $1 && regain 2 address a 2 && finish
}

abort_path() {
	case $1 in
	*:*) in_ns a ss -K -tn dst '[fd01:2::2]' ;;
	*) in_ns a ss -K -tn dst 10.1.2.2 ;;
	esac
}
transport() { start $1 && lose transport 2 abort_path $1 && wait_for 10 paths 2 && finish; }

# a black hole: suspect, then down; probed until it is back
black_hole() {
	local suspects probes
	suspects=$(of 2 path_suspects) probes=$(counter a HpsProbeSent)
	start $1 && lose silent 2 hole 2 || return
	grown 2 path_suspects "$suspects" &&
		wait_for 10 moved a HpsProbeSent $((probes + 2)) &&
		regain 2 heal 2 && moved a HpsProbeOk 0 && finish
}

# explains LINK REASON: why a does not use it
explains() {
	in_ns a hpsctl -j explain |
		jq -e "[.conns[].links[] | select(.dev == \"eth$1\") | .why] | index(\"$2\")"
}

# a pause that is too short to give the path up: it is used on
pauses() {
	local suspects ready lost h
	for h in a b; do in_ns $h sysctl -qw net.hps.dead_ms=1000; done
	suspects=$(of 2 path_suspects) ready=$(counter a HpsPathReady)
	start $1 && lost=$(counter a HpsPathDown) && hole 2 &&
		wait_for "$(slow 10)" grown 2 path_suspects "$suspects" &&
		explains 2 silent && heal 2 && wait_for "$(slow 10)" moved a HpsPathReady "$ready" && paths 2 || return
	[ "$(counter a HpsPathDown)" = "$lost" ] && finish
}

# one direction: what a sends over link 2 vanishes, or what b sends
one_way() {
	local before
	start $1 || return
	before=$(counter a HpsPathDown)
	hole 2 $2 && wait_for "$(slow 10)" moved a HpsPathDown "$before" &&
		regain 2 heal 2 && finish
}

# only b sends: a has nothing in transit that could be missed
one_way_reader() {
	local before
	flow $1 -d down -w 200000 -i 30000
	wait_for 20 paths 2 || return
	before=$(counter a HpsPathDown)
	hole 2 && wait_for "$(slow 10)" moved a HpsPathDown "$before" && moved a HpsPingSent 0 &&
		regain 2 heal 2 && finish
}

# b has nothing by which to notice: the join tells it that its old path is dead
peer_learns() {
	in_ns b sysctl -qw net.hps.dead_ms=60000
	flow $1 -d up -w 200000 -i 30000
	wait_for 20 paths 2 && lose silent 2 hole 2 || return
	# until TCP's own attempts are rare
	sleep 4
	regain 2 heal 2 && wait_for 1 peer_has 2 && finish
}
peer_has() { in_ns b hpsctl -j conn show | jq -e "[.conns[].paths | length] | max == $1"; }

flapping() {
	local i
	start $1 || return
	for ((i = 0; i < 10; i++)); do
		down a 2
		sleep 0.1
		up a 2
		sleep 0.1
	done
	wait_for "$(slow 10)" paths 2 && finish
}

flapping_hole() {
	local i
	start $1 || return
	for ((i = 0; i < 6; i++)); do
		hole $((1 + i % 2))
		sleep 0.5
		heal $((1 + i % 2))
		sleep 0.2
	done
	wait_for "$(slow 10)" paths 2 && finish
}

# all are dead for longer than any of them has patience
all_silent() {
	local stranded
	stranded=$(counter a HpsConnStranded)
	start $1 && hole 1 && hole 2 &&
		wait_for "$(slow 10)" moved a HpsConnStranded "$stranded" || return
	moved a HpsPathSilent 0 || return
	sleep 3
	heal 2 && wait_for "$(slow 10)" moved a HpsConnRecovered 0 && heal 1 &&
		wait_for "$(slow 10)" paths 2 && finish
}

all_down() {
	start $1 && down a 2 && down a 1 || return
	sleep 1
	up a 2
	wait_for "$(slow 10)" paths 1 && up a 1 && wait_for "$(slow 10)" paths 2 && finish
}

# the transport gives up before a link returns: no path is left at all
no_path() {
	local h
	for h in a b; do in_ns $h sysctl -qw net.hps.probe_time=1; done
	start $1 && hole 1 && hole 2 && wait_for "$(slow 20)" paths 0 up || return
	wait_for "$(slow 20)" no_channel || { in_ns a hpsctl conn show; return 1; }
	heal 2 && wait_for "$(slow 10)" paths 1 && heal 1 && finish
}
no_channel() { in_ns a hpsctl -j conn show | jq -e '[.conns[].paths[] | select(.state != "opening")] | length == 0'; }

# none returns in time
timed_out() {
	local pusher
	in_ns a sysctl -qw net.hps.conn_timeout=2
	in_ns b sysctl -qw net.hps.conn_timeout=2
	ns_background b traffic -n 1 stall :: 5003 >"$t_dir/stall" 2>&1
	wait_for 10 grep -q listening "$t_dir/stall" || return
	ns_background a traffic push $1 5003 >"$t_dir/push" 2>&1
	pusher=$!
	wait_for 20 paths 2 && hole 1 && hole 2 &&
		wait_for "$(slow 15)" grep -q ETIMEDOUT "$t_dir/push" || { cat "$t_dir/push"; in_ns a hpsctl conn show; }
	wait $pusher
	grep -q ETIMEDOUT "$t_dir/push"
}

# below the cut-off there is one path; when its link dies the other takes over
takes_over() {
	local ups
	ups=$(of 2 path_ups)
	flow $1 -d both -w 100 -i 20000
	wait_for 20 paths 1 || return
	case $2 in
	carrier) down a 1 ;;
	hole) hole 1 ;;
	esac
	wait_for "$(slow 10)" grown 2 path_ups "$ups" && finish
}

# a backup link carries as soon as the active one does not answer
backup_steps_in() {
	local before h
	for h in a b; do
		in_ns $h hpsctl link set eth2 role backup &&
			in_ns $h sysctl -qw net.hps.dead_ms=1000 || return
	done
	start $1 && before=$(carried a eth2) && hole 1 &&
		wait_for "$(slow 10)" paths 1 suspect &&
		wait_for "$(slow 10)" carried_more $before && paths 1 suspect && heal 1 && finish
}
carried_more() { [ $(($(carried a eth2) - $1)) -gt 200000 ]; }

# one prober, however many connections wait
one_prober() {
	local before probes
	start $1 -j 8 -w 50000 -i 60000 || return
	before=$(counter a HpsPathDown)
	hole 2 && wait_for "$(slow 15)" moved a HpsPathDown $((before + 7)) || return
	before=$(counter a HpsProbeSent)
	sleep 2
	probes=$(($(counter a HpsProbeSent) - before))
	echo "$probes probes in 2 s for 8 connections"
	[ $probes -ge 3 ] && [ $probes -le 13 ] || return
	regain 2 heal 2 && finish
}

# it ends with the connections
prober_stops() {
	start $1 && lose silent 2 hole 2 || return
	kill $client
	wait $client
	wait_for "$(slow 20)" none_open a && wait_for 5 silent_for 1.2 HpsProbeSent && heal 2
}

told() {
	local f=$t_dir/events
	ns_background a hpsctl -j monitor >"$f" 2>&1
	wait_for 10 listens_events || return
	start $1 && lose silent 2 hole 2 && regain 2 heal 2 && finish || return
	wait_for 10 event_is path-suspect silent && event_is path-down silent &&
		event_is path-up "" || { cat "$f"; return 1; }
}
# it is sure to listen when it tells of something
listens_events() {
	ipn a link add probe0 type hps
	ipn a link del probe0
	grep -q probe0 "$t_dir/events"
}
event_is() {
	grep -F "\"event\":\"$1\"" "$t_dir/events" |
		if [ -n "$2" ]; then grep -qF "\"cause\":\"$2\""; else grep -q .; fi
}

traced() {
	local t=/sys/kernel/tracing
	[ -e $t/events/hps ] || mount -t tracefs none $t || return
	echo 1 >$t/events/hps/hps_path_health/enable && echo >$t/trace || return
	start $1 && lose carrier 2 down a 2 && regain 2 up a 2 && finish || return
	echo 0 >$t/events/hps/hps_path_health/enable
	grep -q 'event=down cause=carrier' $t/trace && grep -q 'event=up' $t/trace
}

# everything goes while a prober is at work
bundle_goes() {
	start $1 && lose silent 2 hole 2 && ipn a link del hps0 && heal 2 && finish || return
	ipn a link add hps0 type hps && ipn a link set hps0 up &&
		ipn a link set eth1 master hps0 && ipn a link set eth2 master hps0
}

namespace_goes() {
	start $1 && lose silent 2 hole 2 || return
	kill $client
	wait $client
	ns_delete a && wait_for "$(slow 20)" none_open b || { in_ns b hpsctl conn show; return 1; }
}

module_goes() {
	kill "${t_pids[@]}" 2>/dev/null
	ns_delete b
	wait_for 10 rmmod hps && modprobe hps
}

# restore: two links that work and two paths' worth of addresses, whatever the
# test before has left
restore() {
	local h i
	rm -f "$t_dir"/going*
	for h in a b; do
		for i in 1 2; do
			up $h $i
			in_ns $h hpsctl link set eth$i role active
			ipn $h -j link show eth$i | jq -e '.[0].master == "hps0"' >/dev/null ||
				ipn $h link set eth$i master hps0 || return
		done
		in_ns $h sysctl -qw net.hps.conn_timeout=30 net.hps.probe_time=10 \
			net.hps.dead_ms=100
	done
	heal 1 && heal 2 && wait_for "$(slow 10)" none_open a && wait_for "$(slow 10)" none_open b
}

# try NAME COMMAND...: from a good state
try() {
	[[ $1 =~ ${HPS_TRY:-} ]] || return 0
	restore >"$t_log" 2>&1 || { kill "$client" 2>/dev/null; restore >"$t_log" 2>&1; }
	t_ok "$@"
}
client='' going='' flows=0

ns_make a b || t_skip "cannot make namespaces"
t_ok "two links" links 2 $FAST
t_ok "a bundle of two" bundle 2
t_ok "a server" serve b 5001
for a in 10.1.1.2 fd01:1::2; do
	try "carrier loss, $a" carrier $a
	try "carrier loss of the first path's link, $a" first_path $a
	try "carrier loss at the peer, $a" remote_carrier $a
	try "the interface is removed and made anew, $a" removed $a
	try "the link leaves the bundle and returns, $a" unbundled $a
	try "the peer's link leaves its bundle and returns, $a" withdrawn $a
	try "a link is added and removed, $a" added $a
	try "the address is removed and returns, $a" lost_address $a
	try "the transport fails, $a" transport $a
	try "a black hole, $a" black_hole $a
	try "a pause, $a" pauses $a
	try "what a sends vanishes, $a" one_way $a a
	try "what b sends vanishes, $a" one_way $a b
	try "a black hole under a reader, $a" one_way_reader $a
	try "a dead path of which the peer has not heard, $a" peer_learns $a
	try "a flapping link, $a" flapping $a
	try "links that fall silent in turns, $a" flapping_hole $a
	try "all links silent, $a" all_silent $a
	try "all links down, $a" all_down $a
	try "no path is left, $a" no_path $a
	try "no link returns in time, $a" timed_out $a
	try "another link takes over from a dead one, $a" takes_over $a carrier
	try "another link takes over from a silent one, $a" takes_over $a hole
	try "a backup link steps in for a silent one, $a" backup_steps_in $a
done
try "one prober for many connections" one_prober 10.1.1.2
try "a prober ends with its connections" prober_stops 10.1.1.2
try "events tell the cause" told 10.1.1.2
try "a trace tells the cause" traced 10.1.1.2
try "the bundle goes while it is probed" bundle_goes 10.1.1.2
try "the namespace goes while it is probed" namespace_goes 10.1.1.2
t_ok "the module goes" module_goes
t_ok "the kernel's log is clean" log_clean
t_done
