#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full
# timeout: 400
#
# What is on the wire of a bare connection is iWARP: tshark's dissectors read it, each
# FPDU with its opcode and none malformed.
# functions run through t_ok; numbers stand unquoted; || after && is for any of them
# shellcheck disable=SC2317,SC2086,SC2015
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/pcap.sh
. "$here/pcap.sh"

command -v bare_wire >/dev/null || t_skip "bare_wire is not on PATH"
command -v tcpdump >/dev/null || t_skip "no tcpdump"
command -v tshark >/dev/null || t_skip "no tshark"

session() {
	pcap_begin a lo tcp || return
	in_ns a bare_wire -n hps4-seq $1 >"$t_dir/said" || { cat "$t_dir/said"; return 1; }
	frames=$(sed -n 's/^# frames //p' "$t_dir/said")
	pcap_end
}

startup() {
	local req rep
	req=$(pcap_frames 'Request frame header')
	rep=$(pcap_frames 'Reply frame header')
	echo "$req requests, $rep replies"
	grep -E 'Marker flag|CRC flag|rejected flag|Revision' "$t_dir/lo.text"
	[ $req = 1 ] && [ $rep = 1 ] &&
		[ "$(pcap_frames "CRC flag: $crc")" = 2 ] && [ "$(pcap_frames "Revision: $revision")" = 2 ] &&
		[ "$(pcap_frames 'Marker flag: False')" = 2 ] && [ "$(pcap_frames 'rejected flag: False')" = 2 ]
}

# complaints: what is wrong by tshark's word. Of set-up it knows RFC 5044 only: the flag
# and the revision of RFC 6581 are news to it.
complaints() {
	local news='^$'
	[ $revision = 1 ] || news='Res field is NOT|Rev field is NOT|Reserved: 0x10$'
	grep -E 'Malformed|Bad CRC|Expert Info|Reserved: 0x0*[1-9a-f]' "$t_dir/lo.text" | grep -vE "$news"
}

no_malformed() {
	[ -z "$(complaints)" ] || { complaints; return 1; }
	[ $crc = False ] || [ "$(pcap_frames 'Good CRC32')" = $frames ] ||
		{ echo "$(pcap_frames 'Good CRC32') of $frames were checked"; return 1; }
}

# opcode NAME LEAST [MOST]: so many of them
opcode() {
	local n
	n=$(pcap_frames "OpCode: $1 \(")
	echo "$n $1"
	[ $n -ge $2 ] && [ $n -le ${3:-$2} ]
}

# 20000 octets are 14 packets: more than one frame
opcodes() {
	echo "$(pcap_frames 'OpCode:') of $frames"
	[ "$(pcap_frames 'OpCode:')" = $frames ] && [ "$(pcap_frames '^    FPDU')" = $frames ] &&
		opcode Send 4 60 && opcode 'Send with SE' 1 &&
		opcode 'Send with Invalidate' 1 &&
		opcode 'Send with SE and Invalidate' 1 &&
		opcode Write 2 30 && opcode 'Read Request' 2 &&
		opcode 'Read Response' 2 30 && opcode Terminate 1
}

# The check for malformed frames can fail: reserved bits in a reply are set.
spoilt_is_seen() {
	pcap_spoil lo || return
	[ -n "$(complaints)" ] || { echo "nothing was said against it"; return 1; }
}

ns_make a || t_skip "cannot make namespaces"
# as on a wire: messages take several frames
t_ok "packets are small" in_ns a ip link set lo mtu 1500
t_ok "nothing is sent twice" in_ns a sysctl -qw net.ipv4.tcp_early_retrans=0 net.ipv4.tcp_recovery=0
for what in enhanced enhanced_crc revision_1 revision_1_crc; do
	case $what in *_crc) crc=True ;; *) crc=False ;; esac
	case $what in revision_1*) revision=1 ;; *) revision=2 ;; esac
	t_ok "capture a session and read it ($what)" pcap_session a $what
	t_ok "start-up frames are MPA's ($what)" startup
	t_ok "no frame is malformed ($what)" no_malformed
	t_ok "each frame has its opcode ($what)" opcodes
done
t_ok "a spoilt frame would be seen" spoilt_is_seen
t_done
