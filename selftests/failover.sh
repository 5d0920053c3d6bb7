#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full debug
# timeout: 500
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
# impair LINK HOSTS NETEM...: what they send over it
impair() {
	local h
	for h in $2; do
		tcn $h qdisc change dev eth$1 root netem limit 20000 "${@:3}" || return
	done
}

# hole LINK [HOST]: what it, or both, send over a link vanishes. b first: then a
# is the one to notice, and no word of b's gets through.
hole() { impair $1 "${2:-b a}" $FAST loss 100%; }

# heal LINK
heal() { impair $1 "a b" $FAST loss 0%; }

down() { ipn $1 link set eth$2 down; }

# up HOST LINK: IPv6 takes its addresses away with the link
up() { { echo link set eth$2 up; addresses $1 $2; } | ipn $1 -batch -; }

address() { addresses $1 $2 | ipn $1 -batch -; }

addresses() {
	local n=2
	[ $1 = b ] || n=1
	echo addr replace 10.1.$2.$n/24 dev eth$2
	echo addr replace fd01:$2::$n/64 dev eth$2 nodad
}

# set_all NAME=VALUE...: sysctls of both; the next test sets them back
set_all() {
	local h
	dirty=1
	for h in a b; do in_ns $h sysctl -qw "${@/#/net.hps.}" || return; done
}

# of LINK FIELD [HOST]: a figure of a link
of() { in_ns ${3:-a} hpsctl -j link show eth$1 | jq ".links[0].$2"; }
grown() { [ "$(of $1 $2)" -gt "$3" ]; }

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
	flow $1 -d both -w 100000 -i 20000 "${@:2}"
	wait_for 20 paths 2 || { cat "$t_dir/client"; return 1; }
}

# finish: it ends, and well
finish() {
	rm "$going"
	wait $client || { echo "the transfer failed: $(cat "$t_dir/client")"; return 1; }
}

# soon COMMAND...: it succeeds
soon() {
	wait_for "$(slow 10)" "$@" && return
	in_ns a hpsctl conn show
	in_ns a hpsctl explain
	in_ns a hpsctl -j link show
	tail -n 5 "$t_dir/events"
	return 1
}

# lose CAUSE LINK COMMAND...: runs it, and the path goes for that cause
lose() {
	local before
	before=$(of $2 downs.$1)
	"${@:3}" && soon grown $2 downs.$1 "$before"
}

# regain LINK COMMAND...: runs it, and a path comes up
regain() {
	local before
	before=$(of $1 path_ups)
	"${@:2}" && soon grown $1 path_ups "$before"
}

# caused CAUSE: how many paths of a went for it
caused() { grep '"event":"path-down"' "$t_dir/events" | grep -cF "\"cause\":\"$1\""; }
caused_more() { [ "$(caused $1)" -gt "$2" ]; }

# lose_for CAUSE COMMAND...: the same by a's events: the link may be new then
lose_for() {
	local cause=$1 before
	before=$(caused $cause)
	"${@:2}" && soon caused_more $cause "$before"
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
		soon paths 2 && finish
}

unbundled() {
	start $1 && lose_for removed ipn a link set eth2 nomaster &&
		ipn a link set eth2 master hps0 && soon paths 2 && finish
}

# lose_somehow COMMAND...: for whatever cause
lose_somehow() {
	local before
	before=$(counter a HpsPathDown)
	"$@" && soon moved a HpsPathDown "$before"
}

# the peer takes its link out: it says so over the other, and the path is not used
# until it is back
withdrawn() {
	set_all dead_ms=2000 && start $1 && hole 2 b &&
		lose withdrawn 2 ipn b link set eth2 nomaster &&
		heal 2 && regain 2 ipn b link set eth2 master hps0 && finish
}

# The peer goes on sending where nobody takes it, and is acknowledged by TCP:
# it must learn that the path is down before all is read.
unread() {
	local rc
	flow $1 -d down -w 100000 -i 1000
	wait_for 20 paths 2 && traffic_in a STOP && soon is_full || return
	lose_for removed ipn a link set eth2 nomaster && wait_for "$(slow 5)" peer_has 1
	rc=$?
	traffic_in a CONT
	ipn a link set eth2 master hps0 && soon paths 2 && finish && [ $rc = 0 ]
}
# b has no more credit
is_full() { in_ns b hpsctl -j conn show | jq -e '[.conns[].peer_window] | min < 100000'; }
# traffic_in HOST SIGNAL
traffic_in() {
	local p
	for p in $(ip netns pids "$(ns_name $1)"); do
		[ "$(cat /proc/$p/comm 2>/dev/null)" != traffic ] || kill -$2 $p
	done
}

# a link that is added under traffic is joined
added() {
	start $1 && link 3 $FAST && ipn a link set eth3 master hps0 &&
		ipn b link set eth3 master hps0 && soon paths 3 || return
	ipn a link del eth3
	soon paths 2 && finish
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

# abort_path HOST: the TCP connection of link 2, whatever its family
abort_path() {
	local n=1
	[ $1 = b ] || n=2
	in_ns $1 ss -K -tn dst "[fd01:2::$n]" or dst 10.1.2.$n
}
# transport ADDRESS CAUSE HOST: it fails there
transport() { start $1 && lose $2 2 abort_path $3 && soon paths 2 && finish; }

# a black hole: suspect, then down; probed until it is back
black_hole() {
	local suspects probes good
	suspects=$(of 2 path_suspects) probes=$(counter a HpsProbeSent)
	good=$(counter a HpsProbeOk)
	start $1 && lose silent 2 hole 2 || return
	grown 2 path_suspects "$suspects" &&
		wait_for 10 moved a HpsProbeSent $((probes + 2)) &&
		regain 2 heal 2 && moved a HpsProbeOk "$good" && finish
}

# while the other end's hardware address is not known a probe asks for it
unknown_neighbour() {
	local asked
	start $1 && lose silent 2 hole 2 && ipn a neigh flush dev eth2 || return
	asked=$(counter a HpsProbeSolicit)
	soon moved a HpsProbeSolicit "$asked" && regain 2 heal 2 && finish
}

# explains LINK REASON: why a does not use it
explains() {
	in_ns a hpsctl -j explain |
		jq -e "[.conns[].links[] | select(.dev == \"eth$1\") | .why] | index(\"$2\")"
}

# a pause that is too short to give the path up: it is used on
pauses() {
	local suspects ready readies lost
	set_all dead_ms=1000
	suspects=$(of 2 path_suspects) ready=$(counter a HpsPathReady)
	readies=$(of 2 path_readies)
	start $1 && lost=$(counter a HpsPathDown) && hole 2 &&
		soon grown 2 path_suspects "$suspects" &&
		explains 2 silent && heal 2 && soon moved a HpsPathReady "$ready" && paths 2 || return
	grown 2 path_readies "$readies" && [ "$(counter a HpsPathDown)" = "$lost" ] && finish
}

# one direction: what a sends over link 2 vanishes, or what b sends
one_way() {
	local before
	start $1 || return
	before=$(counter a HpsPathDown)
	hole 2 $2 && soon moved a HpsPathDown "$before" &&
		regain 2 heal 2 && finish
}

# only b sends, and little, by the shorter link: nothing of the other is missed. It is
# shorter by more than what a busy host adds to either.
one_way_reader() {
	local pings
	pings=$(counter a HpsPingSent)
	impair 2 "a b" rate 100mbit delay 150ms && flow $1 -d down -w 2000 -i 10000
	wait_for 20 paths 2 && soon moved a HpsPingSent "$pings" || return
	lose silent 2 hole 2 && regain 2 heal 2 && finish
}

# b has nothing by which to notice: the join tells it that its old path is dead. Nor
# does its TCP try again soon, and hear of it so.
peer_learns() {
	local before route="10.1.2.0/24 dev eth2 proto kernel scope link src 10.1.2.2" rc
	dirty=1
	in_ns b sysctl -qw net.hps.dead_ms=60000
	ipn b route change $route rto_min 60s || return
	before=$(of 2 downs.replaced b)
	flow $1 -d up -w 100000 -i 20000
	wait_for 20 paths 2 && lose silent 2 hole 2 && regain 2 heal 2 && wait_for 5 peer_has 2 &&
		soon replaced_more "$before" && finish
	rc=$?
	ipn b route change $route && return $rc
}
replaced_more() { [ "$(of 2 downs.replaced b)" -gt "$1" ]; }
# peer_has N: paths, that are not down
peer_has() {
	in_ns b hpsctl -j conn show |
		jq -e "[.conns[].paths | map(select(.state != \"down\")) | length] | max == $1"
}

# what is silent because nothing is sent is well: between bursts nobody looks
idle() {
	local before
	# what is in the pool knows the links as they were
	set_all pool_idle=0 dead_ms=1000 && wait_for 5 no_pool || return
	impair 1 "a b" rate 100mbit delay 20ms && impair 2 "a b" rate 100mbit delay 20ms &&
		flow $1 -d both -w 100000 -i 1500000 && wait_for 20 paths 2 || return
	before=$(($(counter a HpsPathSuspect) + $(counter a HpsPathSilent)))
	sleep 6
	[ $(($(counter a HpsPathSuspect) + $(counter a HpsPathSilent))) = $before ] || {
		tail -n 6 "$t_dir/events"
		in_ns a hpsctl conn show
		return 1
	}
	finish && heal 1 && heal 2
}

no_pool() { ! in_ns a ss -Htn "dport = :18512" | grep -q .; }

# the end of the stream goes into a hole, and only it
ends_in_hole() {
	impair 2 "a b" rate 100mbit delay 5ms && flow $1 -d up -w 100000 -i 20000 &&
		wait_for 20 paths 2 && traffic_in a STOP && soon nothing_unacked &&
		sleep 0.5 && hole 1 || return
	traffic_in a KILL
	wait $client
	wait_for "$(slow 5)" none_open a && heal 1 && heal 2
}
nothing_unacked() { in_ns a hpsctl -j conn show | jq -e '[.conns[].send_queue] | add == 0'; }

# Nobody listens any more, and links fail.
listener_closed() {
	start $1 && end $server && lose silent 2 hole 2 && regain 2 heal 2 && finish &&
		soon none_open b || return
	! listens b && serve b 5001 && server=$!
}

# No path is left, and for a time the peer refuses joins.
refused() {
	local before
	set_all probe_time=1 && start $1 && in_ns b hpsctl acl add 1 deny &&
		hole 1 && hole 2 && wait_for "$(slow 20)" no_channel || return
	before=$(counter a HpsJoinRefused)
	heal 1 && heal 2 && soon moved a HpsJoinRefused $((before + 2)) &&
		in_ns b hpsctl acl del 1 && soon paths 2 && finish
}

# copies go over what is healed as well
duplicates() {
	in_ns a hpsctl bundle set hps0 policy duplicate && start $1 && lose silent 2 hole 2 &&
		regain 2 heal 2 && finish && in_ns a hpsctl bundle set hps0 policy auto
}

# a link in a VRF has its addresses, whatever else changes
in_vrf() {
	local before rc
	ipn a link add vrf1 type vrf table 10 && ipn a link set vrf1 up && link 3 $FAST &&
		ipn a link set eth3 master vrf1 && address a 3 && in_ns a hpsctl link add eth3 bundle hps0 &&
		ipn b link set eth3 master hps0 && flow $1 -d both -w 100000 -i 20000 &&
		wait_for "$(slow 20)" paths 3 || return
	before=$(counter a HpsPathDown)
	ipn a addr add 10.9.9.9/32 dev lo && sleep 0.5 && paths 3 &&
		[ "$(counter a HpsPathDown)" = "$before" ] && finish
	rc=$?
	ipn a link del eth3 && ipn a link del vrf1 && ipn a addr del 10.9.9.9/32 dev lo && [ $rc = 0 ]
}

flapping() {
	local i
	start $1 || return
	for ((i = 0; i < 10; i++)); do
		down a 2
		sleep 0.1
		up a 2
		sleep 0.1
	done
	soon paths 2 && finish
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
	soon paths 2 && finish
}

# b's link returns while nothing that works could carry the word of it
untold() {
	local stranded
	stranded=$(counter b HpsConnStranded)
	# which is not given up for a while
	set_all dead_ms=3000 && start $1 && lose_somehow down b 2 && hole 1 &&
		soon moved b HpsConnStranded "$stranded" && up b 2 &&
		soon is_up 2 b && heal 1 && soon paths 2 && finish
}
# The word that link 3 is gone waits in a hole until it is there again.
outdated() {
	local suspects gone
	set_all dead_ms=5000 && start $1 && link 3 $FAST &&
		ipn a link set eth3 master hps0 && ipn b link set eth3 master hps0 &&
		soon paths 3 || return
	suspects=$(counter b HpsPathSuspect)
	hole 1 && down b 3 && soon moved b HpsPathSuspect "$suspects" &&
		regain 3 up b 3 || return
	gone=$(of 3 downs.withdrawn)
	heal 1 && soon paths 3 && sleep 1 &&
		[ "$(of 3 downs.withdrawn)" = "$gone" ] && paths 3 && finish || return
	ipn a link del eth3
}
is_up() { [ "$(of $1 up $2)" = true ]; }

# all are dead for longer than any of them has patience
all_silent() {
	local stranded silent recovered from
	stranded=$(counter a HpsConnStranded) silent=$(counter a HpsPathSilent)
	recovered=$(counter a HpsConnRecovered)
	from=$(wc -l <"$t_dir/events")
	start $1 && hole 1 && hole 2 &&
		soon moved a HpsConnStranded "$stranded" &&
		moved a HpsPathSilent "$silent" || return
	sleep 2
	heal 2 && soon moved a HpsConnRecovered "$recovered" && heal 1 &&
		soon paths 2 && finish || return
	wait_for 10 told_stranded "$from" || { tail -n +$((from + 1)) "$t_dir/events"; return 1; }
}
told_stranded() {
	tail -n +$(($1 + 1)) "$t_dir/events" | awk '
		/"event":"conn-stranded"/ && /"reason":"silent"/ { stranded = 1 }
		stranded && /"event":"conn-recovered"/ { recovered = 1 }
		END { exit !recovered }'
}

all_down() {
	start $1 && down a 2 && down a 1 || return
	sleep 1
	up a 2
	soon paths 1 && up a 1 && soon paths 2 && finish
}

# the transport gives up before a link returns: no path is left at all
no_path() {
	set_all probe_time=1
	start $1 && hole 1 && hole 2 && wait_for "$(slow 20)" paths 0 up || return
	wait_for "$(slow 20)" no_channel || { in_ns a hpsctl conn show; return 1; }
	heal 2 && soon paths 1 && heal 1 && finish
}
# A path that is down stays for what it holds behind a hole.
no_channel() { in_ns a hpsctl -j conn show | jq -e '[.conns[].paths[] | select(.state | IN("opening", "down") | not)] | length == 0'; }

# none returns in time
timed_out() {
	local pusher stall
	set_all conn_timeout=2
	ns_background b traffic -n 1 stall :: 5003 >"$t_dir/stall" 2>&1
	stall=$!
	wait_for 10 grep -q listening "$t_dir/stall" || return
	ns_background a traffic push $1 5003 >"$t_dir/push" 2>&1
	pusher=$!
	wait_for 20 paths 2 && hole 1 && hole 2 &&
		wait_for "$(slow 15)" grep -q ETIMEDOUT "$t_dir/push" || { cat "$t_dir/push"; in_ns a hpsctl conn show; }
	wait $pusher
	end $stall
	grep -q ETIMEDOUT "$t_dir/push"
}

# below the cut-off there is one path; when its link dies the other takes over
takes_over() {
	local ups
	dirty=1
	ups=$(of 2 path_ups)
	flow $1 -d both -w 100 -i 20000
	wait_for 20 paths 1 || return
	case $2 in
	carrier) down a 1 ;;
	hole) hole 1 ;;
	esac
	soon grown 2 path_ups "$ups" && finish
}

# a backup link carries as soon as the active one does not answer
backup_steps_in() {
	local before h
	set_all dead_ms=1000
	for h in a b; do in_ns $h hpsctl link set eth2 role backup || return; done
	start $1 && before=$(carried a eth2) && hole 1 &&
		soon paths 1 suspect &&
		soon carried_more $before && paths 1 suspect && heal 1 && finish
}
carried_more() { [ $(($(carried a eth2) - $1)) -gt 200000 ]; }

# one prober, however many connections wait: 5 dials in a second, and a slow one
one_prober() {
	local before probes ms
	start $1 -j 4 -w 20000 -i 60000 || return
	before=$(counter a HpsPathDown)
	hole 2 && wait_for "$(slow 15)" moved a HpsPathDown $((before + 3)) || return
	ms=$(date +%s%3N)
	before=$(counter a HpsProbeSent)
	sleep 2
	probes=$(($(counter a HpsProbeSent) - before))
	ms=$(($(date +%s%3N) - ms))
	echo "$probes probes in $ms ms for 4 connections"
	[ $probes -ge 3 ] && [ $probes -le $((ms / 200 + 3)) ] || return
	regain 2 heal 2 && finish
}

# it ends with the connections
prober_stops() {
	start $1 && lose silent 2 hole 2 || return
	kill $client
	wait $client
	wait_for "$(slow 20)" none_open a && wait_for 5 silent_for 1.2 HpsProbeSent && heal 2
}

# in this order: a path is suspect, goes, and another comes
told() {
	local from
	from=$(wc -l <"$t_dir/events")
	start $1 && lose silent 2 hole 2 && regain 2 heal 2 && finish || return
	wait_for 10 in_order "$from" || { tail -n +$((from + 1)) "$t_dir/events"; return 1; }
}
in_order() {
	tail -n +$(($1 + 1)) "$t_dir/events" | awk '
		/"event":"path-suspect"/ && /"cause":"silent"/ { suspect = 1 }
		suspect && /"event":"path-down"/ && /"cause":"silent"/ { down = 1 }
		down && /"event":"path-up"/ { up = 1 }
		END { exit !up }'
}
# it is sure to listen when it tells of something
listens_events() {
	ipn a link add probe0 type hps
	ipn a link del probe0
	grep -q probe0 "$t_dir/events"
}
monitored() {
	ns_background a hpsctl -j monitor >"$t_dir/events" 2>&1
	monitor=$!
	wait_for 10 listens_events
}

traced() {
	local t=/sys/kernel/tracing
	[ -e $t/events/hps ] || mount -t tracefs none $t || return
	echo 1 >$t/events/hps/hps_path_health/enable && echo >$t/trace || return
	start $1 && lose carrier 2 down a 2 && regain 2 up a 2 && finish || return
	echo 0 >$t/events/hps/hps_path_health/enable
	awk '/event=down cause=carrier/ { down = 1 } down && /event=up/ { up = 1 } END { exit !up }' $t/trace
}

# everything goes while a prober is at work
bundle_goes() {
	start $1 && lose silent 2 hole 2 && ipn a link del hps0 && heal 2 && finish || return
	ipn a link add hps0 type hps && ipn a link set hps0 up &&
		ipn a link set eth1 master hps0 && ipn a link set eth2 master hps0
}

namespace_goes() {
	start $1 && lose silent 2 hole 2 || return
	kill $client $monitor
	wait $client $monitor
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
	for h in a b; do
		for i in 1 2; do
			up $h $i
			ipn $h -j link show eth$i | jq -e '.[0].master == "hps0"' >/dev/null ||
				ipn $h link set eth$i master hps0 || return
			in_ns $h hpsctl link set eth$i role active
		done
	done
	set_all conn_timeout=30 probe_time=10 dead_ms=100 pool_idle=60 && heal 1 && heal 2
}
none_left() { wait_for "$(slow 10)" none_open a && wait_for "$(slow 10)" none_open b; }

# try NAME COMMAND...: from a good state
try() {
	local failures=$t_failures
	[[ $1 =~ ${HPS_TRY:-} ]] || return 0
	rm -f "$t_dir"/going*
	if [ $dirty = 1 ]; then restore >"$t_log" 2>&1; fi
	if ! none_left >"$t_log" 2>&1; then
		t_fail "a good state before: $1"
		traffic_in a KILL
		none_left || return
	fi
	dirty=0
	t_ok "$@"
	[ $t_failures = $failures ] || dirty=1
}
client='' going='' flows=0 dirty=0 monitor='' server=''

ns_make a b || t_skip "cannot make namespaces"
t_ok "two links" links 2 $FAST
t_ok "a bundle of two" bundle 2
t_ok "a server" serve b 5001
server=$!
t_ok "events are listened to" monitored
v4=10.1.1.2 v6=fd01:1::2
# on the debug kernel only what runs through code of its own
[ "${HPS_KERNEL:-}" != debug ] || HPS_TRY=${HPS_TRY:-made anew|leaves the|not read|closed|refused|flapping|no path|prober ends|goes}
try "carrier loss" carrier $v4
try "the address is removed and returns, $v4" lost_address $v4
try "the address is removed and returns, $v6" lost_address $v6
try "a black hole" black_hole $v6
try "a neighbour that is not known any more, $v4" unknown_neighbour $v4
try "a neighbour that is not known any more, $v6" unknown_neighbour $v6
try "carrier loss of the first path's link" first_path $v6
try "carrier loss at the peer" remote_carrier $v4
try "the interface is removed and made anew" removed $v6
try "the link leaves the bundle and returns" unbundled $v4
try "the peer's link leaves its bundle and returns" withdrawn $v6
try "a path goes that holds what is not read" unread $v4
try "a link is added and removed" added $v6
try "the transport fails" transport $v4 transport a
try "the transport fails at the peer" transport $v6 peer b
try "a pause" pauses $v4
try "what a sends vanishes" one_way $v6 a
try "what b sends vanishes" one_way $v4 b
try "a black hole under a reader" one_way_reader $v6
try "a dead path of which the peer has not heard" peer_learns $v4
try "bursts over long links" idle $v6
try "the end of a stream in a hole" ends_in_hole $v4
try "a closed listener" listener_closed $v6
try "refused joins" refused $v4
try "duplicates" duplicates $v6
if ip link add vrf9 type vrf table 9 2>/dev/null; then
	ip link del vrf9
	try "a link in a VRF" in_vrf $v6
else
	t_skip_one "a link in a VRF" "the kernel has no VRF"
fi
try "a flapping link" flapping $v4
try "links that fall silent in turns" flapping_hole $v6
try "a link that returns while no path works" untold $v6
try "an old word of a link comes late" outdated $v4
try "all links silent" all_silent $v4
try "all links down" all_down $v6
try "no path is left" no_path $v4
try "no link returns in time" timed_out $v6
try "another link takes over from a dead one" takes_over $v4 carrier
try "another link takes over from a silent one" takes_over $v6 hole
try "a backup link steps in for a silent one" backup_steps_in $v4
try "one prober for many connections" one_prober $v4
try "a prober ends with its connections" prober_stops $v4
try "events tell the cause" told $v4
try "a trace tells the cause" traced $v4
try "the bundle goes while it is probed" bundle_goes $v4
try "the namespace goes while it is probed" namespace_goes $v4
t_ok "the module goes" module_goes
t_ok "the kernel's log is clean" log_clean
t_done
