#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: none
#
# bench.sh [one|two|four|veth]...: what `make bench` runs in a machine, all by
# default. TCP, MPTCP and HPS beside each other in virtual time: streams and
# ping-pongs over one, two and four links of 100 Mbit/s and 50 us with frames
# of 1514 bytes, a stream over a veth pair without limits. Prints a table
# beside the bars that HPS must reach; in HPS_OUT, where that is set, it leaves
# ground-floor.md and ground-floor.json with all that was measured.
#
# Exit status: 0 when everything was measured, whatever the figures; else 1.
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

NETEM="rate 100mbit delay 50us"
# seconds of virtual time: "steady" begins after the first
STREAM="stream 10.1.1.2 --time 3"
SIZES=4,64,256,1k,4k,16k,64k,256k,1M,16M

declare -A port=([tcp]=18521 [mptcp]=18522 [hps]=18523)
group='' servers=() runs=0 failed=0

fail() { echo "bench: $*"; exit 1; }

# hosts N [NETEM...]: a and b anew, N links, all of them in a bundle and known
# to MPTCP, a server of each protocol. links() limits them to frames; group veth
# has super-packets.
hosts() {
	local n=$1 h i
	shift
	unhost
	ns_make a b && links "$n" "$@" && bundle "$n" || return
	for h in a b; do
		# before the pool connects: a connection keeps what it finds
		[ "$group" != veth ] || ipn $h link set eth1 gso_max_segs 65535 || return
		in_ns $h sysctl -qw net.ipv4.tcp_no_metrics_save=1 &&
			in_ns $h ip mptcp limits set subflow 8 add_addr_accepted 8 || return
	done
	# the first address is that of the connection itself
	for ((i = 2; i <= n; i++)); do
		in_ns b ip mptcp endpoint add "10.1.$i.2" dev "eth$i" signal || return
	done
	for i in tcp mptcp hps; do
		ns_background b hpsperf --proto $i -p "${port[$i]}" server >"$t_dir/$i" 2>&1
		servers+=($!)
		wait_for 60 grep -q "^listening" "$t_dir/$i" || { cat "$t_dir/$i"; return 1; }
	done
	for i in tcp mptcp hps; do
		warm $i || { echo "bench: warming $i up failed: $(cat "$t_log")"; return 1; }
	done
}

# The servers go before their namespaces.
unhost() {
	local p
	[ ${#servers[@]} -gt 0 ] || return 0
	for p in "${servers[@]}"; do
		kill "$p" && wait "$p"
	done 2>/dev/null
	servers=()
	ns_delete a && ns_delete b
}

# warm PROTO: programs and modules are read from disk now, and not in the
# middle of a figure, where virtual time would jump over timeouts
warm() {
	in_ns a taskset -c 0,1 hpsperf --proto "$1" -p "${port[$1]}" --json stream 10.1.1.2 \
		--time 0.2 --write 128k >"$t_log" 2>&1 &&
		in_ns a hpsperf --proto "$1" -p "${port[$1]}" --json pingpong 10.1.1.2 \
			--sizes 4,1M --rounds 3 --warmup 0.01 >"$t_log" 2>&1 &&
		snapshot >"$t_log" 2>&1
}

# snapshot: counters of both hosts, "HOST NAME VALUE"
snapshot() {
	local h
	for h in a b; do
		# shellcheck disable=SC2016 # in_ns expands
		in_ns $h bash -c 'cat /proc/net/hps_stat
			nstat -asz TcpInSegs TcpOutSegs TcpRetransSegs | grep ^Tcp
			for d in /sys/class/net/eth*; do
				echo "${d##*/}.octets $(<$d/statistics/tx_bytes)"
				echo "${d##*/}.packets $(<$d/statistics/tx_packets)"
			done' | sed "s/^/$h /"
	done
}

# run NAME PROTO OPTION...: one hpsperf; all it says goes to the report.
# PIN is put before the client.
run() {
	local name=$1 proto=$2 log status=0
	local command=(hpsperf --proto "$2" -p "${port[$2]}" --cpu --json "${@:3}")
	log=$t_dir/runs/$(printf %02d $runs)
	runs=$((runs + 1))
	printf '%s\n' "$group" "$name" "$proto" "${PIN:+$PIN }${command[*]}" >"$log.what"
	snapshot >"$log.before"
	# shellcheck disable=SC2086 # PIN is words
	in_ns a ${PIN:-} "${command[@]}" >"$log.out" 2>"$log.err" || status=$?
	snapshot >"$log.after"
	echo $status >"$log.status"
	if [ $status = 0 ]; then
		echo "bench: measured $name, $proto, group $group"
		return 0
	fi
	failed=$((failed + 1))
	echo "bench: failed: $name, $proto: $(cat "$log.err")"
}

# shellcheck disable=SC2086 # STREAM is words
streams() {
	local p
	for p in tcp mptcp hps; do
		# TCP has one link, however many there are
		case $p-$group in
		tcp-two | tcp-four) ;;
		*) run stream $p $STREAM ;;
		esac
	done
}

pingpongs() {
	local p
	for p; do
		run ping-pong "$p" pingpong 10.1.1.2 --sizes "$sizes" --time 0.2 --warmup 0.1
	done
}

# pin CPUS: the servers, which pass it on to who serves a client
pin() {
	local p
	for p in "${servers[@]}"; do
		taskset -cp "$1" "$p" >/dev/null || return
	done
}

frames() {
	local sizes=$SIZES
	# shellcheck disable=SC2086 # NETEM is words
	hosts "$1" $NETEM || return
	streams
	case $1 in
	1) sizes=4 && pingpongs tcp mptcp hps ;;
	2) pingpongs tcp mptcp hps ;;
	esac
}

unlimited() {
	local p
	hosts 1 || return
	# shellcheck disable=SC2086 # STREAM is words
	for p in tcp hps; do run stream $p $STREAM --write 128k; done
	pin 0 || return
	# shellcheck disable=SC2086
	for p in tcp hps; do PIN="taskset -c 0" run "stream on one CPU" $p $STREAM --write 128k; done
}

[ "$(id -u)" = 0 ] || fail "needs root"
command -v hpsperf >/dev/null || fail "hpsperf is not on PATH"
modprobe -a hps veth sch_netem 2>"$t_log" || [ -d /sys/module/hps ] || fail "$(cat "$t_log")"
[ "${HPS_VIRTUAL_TIME:-0}" = 1 ] || echo "bench: not in virtual time: figures depend on this machine"
mkdir "$t_dir/runs"

[ $# -gt 0 ] || set -- one two four veth
for group; do
	case $group in
	one) frames 1 ;;
	two) frames 2 ;;
	four) frames 4 ;;
	veth) unlimited ;;
	*) fail "not a group: $group (one, two, four, veth)" ;;
	esac || { echo "bench: cannot measure group $group"; failed=$((failed + 1)); }
done
unhost

out=${HPS_OUT:-$t_dir}
"$here/bench/report" "$t_dir/runs" "$out/ground-floor.json" "$out/ground-floor.md" ||
	fail "no report"
echo
cat "$out/ground-floor.md"
[ $failed = 0 ]
