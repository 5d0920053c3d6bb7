#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# capture.sh DIR: what libhps puts on the wire, as tshark understands it. Needs the
# examples, which examples.sh has built in DIR.
set -u
here=$(dirname "$(readlink -f "$0")")

if [ -z "${CAPTURE_INSIDE:-}" ]; then
	CAPTURE_INSIDE=1 exec unshare --net --pid --fork --kill-child "$0" "$@"
fi
. "$here/../lib.sh"
dir=${1:?usage: capture.sh DIR}
command -v tcpdump >/dev/null || t_skip "no tcpdump"
command -v tshark >/dev/null || t_skip "no tshark"
[ -x "$dir/shared/lock" ] || { echo "not ok 1 - the examples are built"; exit 1; }
export LD_LIBRARY_PATH=$dir/root/lib
PATH=$dir/shared:$PATH
ip link set lo up

# capture COMMAND...: what it does on port 7003 goes to $dir/pcap
capture() {
	local pid rc=0 last=-1 size=0
	rm -f "$dir/pcap" "$dir/tcpdump"
	tcpdump -Z root -i lo --immediate-mode -U -w "$dir/pcap" tcp port 7003 2>"$dir/tcpdump" &
	pid=$!
	wait_for 10 grep -q 'listening on' "$dir/tcpdump" || return
	"$@" || rc=$?
	wait_for 10 captured || return
	while [ $size != $last ]; do
		last=$size
		sleep 0.3
		size=$(wc -c <"$dir/pcap")
	done
	kill -INT $pid
	wait $pid
	tshark -r "$dir/pcap" -O iwarp_mpa,iwarp_ddp_rdmap >"$dir/text" 2>/dev/null
	return $rc
}

# more than the head of the file
captured() { [ "$(wc -c <"$dir/pcap")" -gt 24 ]; }

# times N TEXT: so often it stands in what tshark says
times() {
	local n
	n=$(grep -cF -e "$2" "$dir/text")
	[ "$n" = "$1" ] || { echo "$2: $n times, not $1"; return 1; }
}

moves() { lock move ::1 7003 1 20 && lock show ::1 7003; }

operations() {
	# 2 greetings, 20 writes; 20 + 1 reads; 3 atomics for each move
	times 22 "OpCode: Write (0x0)" && times 21 "OpCode: Read Request (0x1)" &&
		times 21 "OpCode: Read Response (0x2)" && times 60 "OpCode: Atomic Request (0xa)" &&
		times 60 "OpCode: Atomic Response (0xb)" && times 40 "OpCode: CmpSwap (2)" &&
		times 20 "OpCode: FetchAdd (0)"
}

checksums() { times 184 "(Good CRC32)" && times 0 "Bad CRC32"; }

well_formed() {
	! tshark -r "$dir/pcap" -Y '_ws.malformed || _ws.expert.severity >= "Warning"' 2>/dev/null | grep .
}

refused() {
	! lock move ::1 7003 1 1 2>"$dir/refused" && cat "$dir/refused" &&
		grep -q "access rights violation" "$dir/refused"
}

terminate() {
	times 1 "OpCode: Terminate (0x7)" && times 1 "Layer: RDMA (0x0)" &&
		times 1 "Error Types for RDMA layer: Remote Protection Error (0x1)" &&
		times 1 "Error Code for RDMA layer: Access rights violation (0x02)"
}

mkfifo "$dir/nothing"
exec {nothing}<>"$dir/nothing"
lock serve 7003 <&$nothing >"$dir/ready" 2>&1 &
server=$!
wait_for 10 grep -q ready "$dir/ready"
t_ok "a session is captured" capture moves
t_ok "tshark finds each operation" operations
t_ok "every checksum is right" checksums
t_ok "nothing is malformed" well_formed
kill $server
wait $server 2>/dev/null

# atomics on memory that is only for reading
kv serve 7003 <&$nothing >"$dir/ready2" 2>&1 &
wait_for 10 grep -q ready "$dir/ready2"
t_ok "a refusal is captured" capture refused
t_ok "tshark understands the Terminate" terminate
t_ok "nothing is malformed with it" well_formed
t_done
