# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What is on the wire, as tshark's dissectors of iWARP read it; sourced after lib.sh.
# The script's session() makes $t_dir/DEV.pcap by pcap_begin and pcap_end.

# variables of lib.sh; numbers and lists of words stand unquoted
# shellcheck disable=SC2154,SC2086

declare -A pcap_pids=()

# pcap_begin NS DEV FILTER...
pcap_begin() {
	local said=$t_dir/$2.tcpdump
	rm -f "$t_dir/$2.pcap"
	ip netns exec "$(ns_name "$1")" tcpdump -Z root -i "$2" -U -w "$t_dir/$2.pcap" \
		-B 8192 "${@:3}" 2>"$said" &
	pcap_pids[$2]=$!
	t_pids+=($!)
	wait_for 10 grep -q 'listening on' "$said"
}

# pcap_end: of all, when nothing more comes for as long as the kernel keeps packets from
# tcpdump, a second; fails if some were missed
pcap_end() {
	local last=-1 size=0
	while [ $size != $last ]; do
		last=$size
		sleep 1.2
		size=$(cat "$t_dir"/*.pcap | wc -c)
	done
	kill -INT "${pcap_pids[@]}"
	wait "${pcap_pids[@]}"
	pcap_pids=()
	! grep -qE '[1-9][0-9]* packets dropped' "$t_dir"/*.tcpdump
}

# pcap_read: what tshark says, in $t_dir/DEV.text: once, for it takes seconds to start.
# What other protocols guess the Sends to be is not asked.
pcap_read() {
	local f readers=()
	for f in "$t_dir"/*.pcap; do
		f=${f%.pcap}
		tshark -n -r "$f.pcap" -o tcp.try_heuristic_first:TRUE \
			-o tcp.reassemble_out_of_order:TRUE \
			--disable-protocol rpcordma --disable-protocol smb_direct \
			-O iwarp_mpa,iwarp_ddp_rdmap >"$f.text" 2>"$f.tshark" &
		readers+=($!)
	done
	for f in "${readers[@]}"; do
		wait "$f" || { cat "$t_dir"/*.tshark; return 1; }
	done
	for f in "$t_dir"/*.text; do
		grep -q '^Frame' "$f" || { echo "nothing in $f"; return 1; }
	done
}

# pcap_frames WORDS [DEV]: how many lines say so
pcap_frames() { cat "$t_dir"/${2:-*}.text | grep -cE "$1"; }

# pcap_disorder "NS...": packets that TCP sent again or got too early
pcap_disorder() { tcp_counted "$1" TcpRetransSegs TcpExtTCPOFOQueue; }

# pcap_session "NS..." ARG...: session ARG... and what tshark says of it. It does not
# find the next frame after a hole or a packet sent again, nor behind one whose first
# four octets end a packet: such a session is no test of what HPS sends.
pcap_session() {
	local hosts=$1 try before
	shift
	for try in 1 2 3 4 5; do
		before=$(pcap_disorder "$hosts")
		session "$@" && pcap_read || return
		if [ $(($(pcap_disorder "$hosts") - before)) != 0 ]; then
			echo "try $try: packets out of order"
		elif grep -q '^Data (4 bytes)' "$t_dir"/*.text; then
			echo "try $try: a frame's first four octets end a packet"
		else
			return 0
		fi
	done
	return 1
}

# pcap_spoil DEV: as if bits of a reply were set that are reserved
pcap_spoil() {
	local pcap=$t_dir/$1.pcap at
	at=$(grep -abom 1 'MPA ID Rep Frame' "$pcap" | head -n 1 | cut -d: -f1)
	printf '\177' | dd of="$pcap" bs=1 seek=$((at + 16)) conv=notrunc status=none
	pcap_read
}
