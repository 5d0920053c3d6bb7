#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full
# timeout: 180
#
# What is on the wire of a bare connection is iWARP: tshark's dissectors read it, each
# FPDU with its opcode and none malformed.
# functions run through t_ok; numbers stand unquoted; || after && is for any of them
# shellcheck disable=SC2317,SC2086,SC2015
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"

command -v bare_wire >/dev/null || t_skip "bare_wire is not on PATH"
command -v tcpdump >/dev/null || t_skip "no tcpdump"
command -v tshark >/dev/null || t_skip "no tshark"

# disorder: tshark does not find the next frame behind packets that are out of order
disorder() {
	in_ns a nstat -asz TcpRetransSegs TcpExtTCPOFOQueue | awk '/^Tcp/ { n += $2 } END { print n }'
}

# capture SESSION: one of bare_wire's, in $t_dir/pcap, and what tshark says of it
capture() {
	local try before
	for try in 1 2 3 4 5; do
		before=$(disorder)
		session $1 && decode || return
		if [ $(($(disorder) - before)) != 0 ]; then
			echo "try $try: packets out of order"
		elif grep -q '^Data (4 bytes)' "$t_dir/text"; then
			echo "try $try: a frame's first four octets end a packet"
		else
			return 0
		fi
	done
	return 1
}

session() {
	local pid last=-1 size=0
	rm -f "$t_dir/pcap"
	ip netns exec "$(ns_name a)" tcpdump -Z root -i lo -U -w "$t_dir/pcap" -B 8192 tcp \
		2>"$t_dir/tcpdump" &
	pid=$!
	t_pids+=("$pid")
	wait_for 10 grep -q 'listening on' "$t_dir/tcpdump" || return
	in_ns a bare_wire -n hps4-seq $1 >"$t_dir/said" || { cat "$t_dir/said"; return 1; }
	frames=$(sed -n 's/^# frames //p' "$t_dir/said")
	while [ $size != $last ]; do
		last=$size
		sleep 0.3
		size=$(stat -c %s "$t_dir/pcap")
	done
	kill -INT $pid
	wait $pid
	! grep -qE '[1-9][0-9]* packets dropped' "$t_dir/tcpdump"
}

# decode: as in capture.sh
decode() {
	tshark -n -r "$t_dir/pcap" -o tcp.try_heuristic_first:TRUE \
		-o tcp.reassemble_out_of_order:TRUE \
		--disable-protocol rpcordma --disable-protocol smb_direct \
		-O iwarp_mpa,iwarp_ddp_rdmap >"$t_dir/text" 2>"$t_dir/tshark" &&
		grep -q '^Frame' "$t_dir/text" || { cat "$t_dir/tshark"; return 1; }
}

# said WORDS: how many lines say so
said() { grep -cE "$1" "$t_dir/text"; }

startup() {
	local req rep
	req=$(said 'Request frame header')
	rep=$(said 'Reply frame header')
	echo "$req requests, $rep replies"
	grep -E 'Marker flag|CRC flag|rejected flag|Revision' "$t_dir/text"
	[ $req = 1 ] && [ $rep = 1 ] &&
		[ "$(said "CRC flag: $crc")" = 2 ] && [ "$(said "Revision: $revision")" = 2 ] &&
		[ "$(said 'Marker flag: False')" = 2 ] && [ "$(said 'rejected flag: False')" = 2 ]
}

# complaints: what is wrong by tshark's word. Of set-up it knows RFC 5044 only: the flag
# and the revision of RFC 6581 are news to it.
complaints() {
	local news='^$'
	[ $revision = 1 ] || news='Res field is NOT|Rev field is NOT|Reserved: 0x10$'
	grep -E 'Malformed|Bad CRC|Expert Info|Reserved: 0x0*[1-9a-f]' "$t_dir/text" | grep -vE "$news"
}

no_malformed() {
	[ -z "$(complaints)" ] || { complaints; return 1; }
	[ $crc = False ] || [ "$(said 'Good CRC32')" = $frames ] ||
		{ echo "$(said 'Good CRC32') of $frames were checked"; return 1; }
}

# opcode NAME LEAST [MOST]: so many of them
opcode() {
	local n
	n=$(said "OpCode: $1 \(")
	echo "$n $1"
	[ $n -ge $2 ] && [ $n -le ${3:-$2} ]
}

# 20000 octets are 14 packets: more than one frame
opcodes() {
	echo "$(said 'OpCode:') of $frames"
	[ "$(said 'OpCode:')" = $frames ] && [ "$(said '^    FPDU')" = $frames ] &&
		opcode Send 4 60 && opcode 'Send with SE' 1 &&
		opcode 'Send with Invalidate' 1 &&
		opcode 'Send with SE and Invalidate' 1 &&
		opcode Write 2 30 && opcode 'Read Request' 2 &&
		opcode 'Read Response' 2 30 && opcode Terminate 1
}

# The check above can fail: an opcode that there is not.
spoilt_is_seen() {
	local at
	at=$(grep -abom 1 'MPA ID Rep Frame' "$t_dir/pcap" | head -n 1 | cut -d: -f1)
	printf '\177' | dd of="$t_dir/pcap" bs=1 seek=$((at + 16)) conv=notrunc status=none
	decode || return
	[ -n "$(complaints)" ] || { echo "nothing was said against it"; return 1; }
}

ns_make a || t_skip "cannot make namespaces"
# as on a wire: messages take several frames
t_ok "packets are small" in_ns a ip link set lo mtu 1500
t_ok "nothing is sent twice" in_ns a sysctl -qw net.ipv4.tcp_early_retrans=0 net.ipv4.tcp_recovery=0
for what in enhanced enhanced_crc revision_1 revision_1_crc; do
	case $what in *_crc) crc=True ;; *) crc=False ;; esac
	case $what in revision_1*) revision=1 ;; *) revision=2 ;; esac
	t_ok "capture a session and read it ($what)" capture $what
	t_ok "start-up frames are MPA's ($what)" startup
	t_ok "no frame is malformed ($what)" no_malformed
	t_ok "each frame has its opcode ($what)" opcodes
done
t_ok "a spoilt frame would be seen" spoilt_is_seen
t_done
