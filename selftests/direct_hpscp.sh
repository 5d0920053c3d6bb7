#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long
# timeout: 360
#
# hpscp --direct: what is written into the receiver's file is what was read, and
# nothing else was copied; where that cannot be, the ordinary way, and the user is told.
# Functions run through each().
# shellcheck disable=SC2317
here=$(dirname "$0")
# shellcheck source=selftests/tools.sh
. "$here/tools.sh"
own_namespaces hpscp "$@"
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"

ip link set lo up
# a file system that lends files
mount -t tmpfs tmpfs "$t_dir" || t_skip "no tmpfs"
trap 'cd /; umount -l "$t_dir"; t_cleanup' EXIT
cd "$t_dir" || exit 1
chmod 755 .
mkdir srv out
chmod 777 out
head -c 3000003 /dev/urandom >srv/a
# more than a window
head -c 17000001 /dev/urandom >srv/large
head -c 700001 /dev/urandom >b
head -c 32 /dev/urandom | base64 >key
chmod 600 key
truncate -s 4G srv/huge huge

tool=(hpscp --proto "$proto" --timeout 60 --direct --checksum poly1305)
# what nobody may pin without privileges: less
nobody=(setpriv --reuid 65534 --clear-groups --bounding-set -all --inh-caps -all)
# shellcheck disable=SC2034
serve_command=serve serving=(srv)
victim=''

# like serve of tools.sh, for which --direct is no option
offer() {
	local tool=(hpscp --proto "$proto" --timeout 60)

	serve "$@"
}

counter() { sed -n "s/^$1 *//p" /proc/net/hps_stat; }

# placed OCTETS COMMAND...: the kernel places so many, and the report says so
placed() {
	local want=$1 before

	shift
	before=$(counter HpsPlacedOctets)
	"$@" >report || return 1
	cat report
	grep -q " $want of them placed directly" report || return 1
	[ $(($(counter HpsPlacedOctets) - before)) = "$want" ] ||
		{ echo "placed: $(($(counter HpsPlacedOctets) - before))"; return 1; }
}

# note_placed: from now on; in_placement: a megabyte has been placed since
note_placed() { noted=$(counter HpsPlacedOctets); }
in_placement() { [ $(($(counter HpsPlacedOctets) - noted)) -gt 1000000 ]; }

# without REASON COMMAND...: nothing is placed, and why
without() {
	local reason=$1

	shift
	placed 0 "$@" && grep -q -- "($reason" report
}

get_large() {
	placed 17000001 "${tool[@]}" get 127.0.0.1:large out/large &&
		cmp srv/large out/large && rm out/large
}

get_places_all() {
	chmod 640 srv/a
	touch -d @1000000000 srv/a
	echo old >out/a
	placed 3000003 "${tool[@]}" -t get 127.0.0.1:a out && cmp srv/a out/a &&
		[ "$(stat -c %a:%Y out/a)" = 640:1000000000 ] && rm out/a && nothing_in out
}

put_places_all() {
	chmod 750 b
	placed 700001 "${tool[@]}" -t put b 127.0.0.1:dir/b && cmp b srv/dir/b &&
		[ "$(stat -c %a:%Y srv/dir/b)" = "750:$(stat -c %Y b)" ] || return 1
	placed 3000003 "${tool[@]}" put srv/a 127.0.0.1:dir/b && cmp srv/a srv/dir/b &&
		rm srv/dir/b && nothing_in srv/dir &&
		grep -q "put 'dir/b': 3000003 bytes from offset 0, 3000003 placed directly" main.log
}

report_in_json() {
	"${tool[@]}" --checksum sha256 --json get 127.0.0.1:a out/a >json && cat json &&
		grep -q '"placed_bytes": *3000003' json && ! grep -q not_placed json &&
		grep -q "$(sha256sum <srv/a | cut -d' ' -f1)" json && rm out/a
}

# with windows of 128 KiB
all_sizes() {
	local few=(prlimit --memlock=262144) size

	for size in 0 1 4095 4097 131072 131073 262145 1000000; do
		head -c "$size" srv/a >srv/some
		placed "$size" "${few[@]}" "${nobody[@]}" "${tool[@]}" get 127.0.0.1:some out/some &&
			cmp srv/some out/some && chmod 644 out/some &&
			placed "$size" "${tool[@]}" put out/some 127.0.0.1:dir/some &&
			cmp srv/some srv/dir/some && rm -f srv/dir/some out/some || return 1
	done
	rm srv/some
}

holes_are_zeros() {
	truncate -s 2M srv/holes
	dd if=b of=srv/holes bs=4k seek=300 conv=notrunc status=none
	placed 2097152 "${tool[@]}" get 127.0.0.1:holes out/holes && cmp srv/holes out/holes &&
		rm srv/holes out/holes
}

parts_are_placed() {
	placed 65539 "${tool[@]}" --range 1M+65539 get 127.0.0.1:a out/part &&
		tail -c +1048577 srv/a | head -c 65539 | cmp - out/part && rm out/part || return 1
	cp srv/a srv/c
	cp srv/a expected
	dd if=b of=expected bs=1 seek=7 count=65539 conv=notrunc status=none
	placed 65539 "${tool[@]}" --range 7+65539 put b 127.0.0.1:c && cmp srv/c expected &&
		rm srv/c expected
}

with_a_key() {
	placed 3000003 "${tool[@]}" -p 18521 --key key get 127.0.0.1:a out/a && cmp srv/a out/a &&
		placed 700001 "${tool[@]}" -p 18521 --key key put b 127.0.0.1:dir/b &&
		cmp b srv/dir/b && rm out/a srv/dir/b
}

by_four_clients() {
	local i pids=()

	for i in 1 2 3 4; do
		"${tool[@]}" -q get 127.0.0.1:a "out/$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || return 1
	done
	for i in 1 2 3 4; do
		cmp srv/a "out/$i" && rm "out/$i" || return 1
	done
}

memlock() {
	placed 3000003 prlimit --memlock=524288 "${nobody[@]}" "${tool[@]}" \
		get 127.0.0.1:a out/a && cmp srv/a out/a && rm -f out/a || return 1
	without "the receiver may not pin windows of 64 KiB: see RLIMIT_MEMLOCK" \
		prlimit --memlock=65536 "${nobody[@]}" "${tool[@]}" \
		get 127.0.0.1:a out/a && cmp srv/a out/a && rm -f out/a
}

# Others of the same user pin what is allowed: here, it becomes less.
memlock_half_way() {
	local client err=0

	modprobe sch_netem
	tc qdisc add dev lo root netem limit 20000 rate 40mbit || return 1
	note_placed
	prlimit --memlock=1048576 "${nobody[@]}" "${tool[@]}" get 127.0.0.1:large out/large \
		>report &
	client=$!
	wait_for 60 in_placement || err=1
	prlimit --pid "$client" --memlock=65536 || err=1
	wait "$client" || err=1
	tc qdisc del dev lo root
	cat report
	[ $err = 0 ] && grep -q "(the receiver may not pin" report && cmp srv/large out/large &&
		! grep -q " \(0\|17000001\) of them placed" report && rm -f out/large
}

server_memlock() {
	local tool=(prlimit --memlock=65536 setpriv --bounding-set -all --inh-caps -all
		hpscp --proto "$proto")

	serve victim --rw -p 18543 || return 1
	without "the receiver may not pin" hpscp --proto "$proto" --direct -p 18543 \
		put b 127.0.0.1:dir/b && cmp b srv/dir/b && rm srv/dir/b
	local err=$?
	kill "$victim"
	return $err
}

# the simplest file system with a disk behind it: FAT, of 4 MB
mount_disk() {
	perl -e '
		my $boot = pack("C3a8vCvCvvCvvvVV", 0xeb, 0x3c, 0x90, "mkfs.fat", 512, 4, 1,
			1, 512, 8192, 0xf8, 8, 32, 2, 0, 0);
		$boot .= "\0" x (510 - length $boot) . "\x55\xaa" . "\xf8\xff\xff";
		print $boot, "\0" x (8192 * 512 - length $boot)' >disk
	modprobe -a loop vfat && mount -t vfat -o loop disk "$1"
}

file_that_is_written_back() {
	local err=0

	mkdir -p srv/fat
	mount_disk srv/fat || return 1
	without "the receiver's file system cannot lend" "${tool[@]}" put b 127.0.0.1:fat/b &&
		cmp b srv/fat/b || err=1
	without "the receiver's file system cannot lend" "${tool[@]}" get 127.0.0.1:fat/b srv/fat/c &&
		cmp b srv/fat/c || err=1
	# nothing prevents reading from it
	placed 700001 "${tool[@]}" get 127.0.0.1:fat/b out/b && cmp b out/b && rm out/b || err=1
	umount srv/fat
	return $err
}

not_a_file() {
	without "the receiver's is not a regular file" "${tool[@]}" get 127.0.0.1:a /dev/null
}

full_disk() {
	local err=0

	mkdir -p srv/small
	mount -t tmpfs -o size=1m none srv/small || return 1
	refused "No space left" put srv/a 127.0.0.1:small/a || err=1
	nothing_in srv/small || err=1
	placed 700001 "${tool[@]}" put b 127.0.0.1:small/b && cmp b srv/small/b || err=1
	umount srv/small
	return $err
}

source_becomes_shorter() {
	truncate -s 4G srv/shrinks
	note_placed
	"${tool[@]}" get 127.0.0.1:shrinks out/no 2>client.log &
	local client=$!

	wait_for 60 in_placement || return 1
	truncate -s 1M srv/shrinks
	wait $client && { echo "the client saw no error"; return 1; }
	cat client.log
	grep -q "became shorter" client.log && rm srv/shrinks && nothing_in out
}

server_killed() {
	offer victim --rw -p 18540
	note_placed
	"${tool[@]}" -p 18540 get 127.0.0.1:huge out/huge >client.log 2>&1 &
	local client=$! child

	wait_for 60 in_placement || return 1
	child=$(child_of "$victim")
	# shellcheck disable=SC2086
	kill -KILL "$victim" $child
	wait $client && { echo "the client saw no error"; return 1; }
	cat client.log
	grep -q "connection" client.log && nothing_in out
}

client_killed() {
	echo precious >srv/dir/huge
	offer victim --rw -p 18541
	note_placed
	"${tool[@]}" -p 18541 put huge 127.0.0.1:dir/huge &
	local client=$!

	wait_for 60 in_placement || return 1
	kill -KILL $client
	wait $client
	wait_for 60 grep -q "put 'dir/huge' failed" victim.log &&
		[ "$(cat srv/dir/huge)" = precious ] && rm srv/dir/huge &&
		nothing_in srv/dir && kill "$victim"
}

# A server from before --direct: it knows no such flag, and says so at the first
# connection; the second it passes on to a server of today.
cat >old.pl <<'PERL'
use strict;
use warnings;
use Socket;

sub make { socket(my $s, 18, SOCK_STREAM, 0) or die "socket: $!"; return $s; }
sub take {
	my ($s, $len) = @_;
	my $data = '';
	while (length $data < $len) {
		sysread($s, $data, $len - length $data, length $data) or die "short";
	}
	return $data;
}
sub flags { return unpack('n', substr($_[0], 18, 2)); }
my $l = make();
setsockopt($l, SOL_SOCKET, SO_REUSEADDR, 1);
bind($l, pack_sockaddr_in(18600, inet_aton('127.0.0.1'))) or die "bind: $!";
listen($l, 1) or die "listen: $!";
$| = 1;
print "ready\n";
accept(my $c, $l) or die "accept: $!";
my $hello = take($c, 56);
flags($hello) == 2 or die "does not ask";
substr($hello, 18, 2) = "\0\0";
syswrite($c, $hello);
my $why = "the other side's greeting has unknown flags";
syswrite($c, pack('CxxxN', 8, length $why) . $why);
close($c);
accept($c, $l) or die "accept: $!";
$hello = take($c, 56);
flags($hello) == 0 or die "asks again";
my $s = make();
connect($s, pack_sockaddr_in(18513, inet_aton('127.0.0.1'))) or die "connect: $!";
syswrite($s, $hello);
while (1) {
	my $set = '';
	vec($set, fileno($_), 1) = 1 for $c, $s;
	select($set, undef, undef, undef);
	for ([$c, $s], [$s, $c]) {
		my ($from, $to) = @$_;
		next unless vec($set, fileno($from), 1);
		exit unless sysread($from, my $data, 65536);
		while (length $data) {
			my $n = syswrite($to, $data) or exit;
			substr($data, 0, $n, '');
		}
	}
}
PERL

old_server() {
	perl old.pl >old.log 2>&1 &
	local pid=$!

	wait_for 60 grep -q ready old.log || { cat old.log; return 1; }
	without "the server's hpscp or its module hps is too old" \
		"${tool[@]}" -p 18600 get 127.0.0.1:a out/a || { cat old.log; return 1; }
	cmp srv/a out/a && rm out/a && wait_for 60 gone $pid
}

# says TEXT HEX: a hostile client says that, is refused, and the server lives on
says() {
	perl -e 'use Socket;
		socket(my $s, 18, SOCK_STREAM, 0) or die "socket: $!";
		connect($s, pack_sockaddr_in(18513, inet_aton("127.0.0.1"))) or die "connect: $!";
		syswrite($s, pack("H*", $ARGV[0]));
		while (sysread($s, my $data, 65536)) { print $data; }' "$2" >said || return 1
	grep -aq -- "$1" said || { echo "no '$1' in:"; od -c said | head; return 1; }
}

ended() { grep -c "get 'a' failed: the other side ended the connection" main.log; }
ended_more() { [ "$(ended)" -gt "$1" ]; }

hostile_input() {
	local hello get put one before

	# "HPScp\r\n", version 1, DIRECT, a nonce
	hello=010000000000003048505363700d0a000001000200000000$(printf '42%.0s' {1..32})
	# op flags path_len mode, offset, length, mtime, nsec, checksum, path
	get=${hello}03000000000000290100000100000000
	get+=000000000000000000000000000000000000000000000000000000000100000061
	put=${hello}030000000000002b0200000300000000
	put+=000000000000000000000000000186a000000000000000000000000001000000782f79
	mkdir -p srv/x
	# a path of an octet more than there may be
	says "too long" "${hello}03000000000010280100100000000000$(
		)0000000000000000000000000000000000000000000000000000000001000000$(
		)$(printf '61%.0s' {1..4096})" || return 1
	# windows without and with too many octets, of another kind, and three of them
	one=0900000000000010000000010000000000000000000000ff
	says "malformed window" "${get}090000000000001000000001000000000000000000000000" &&
		says "malformed window" "${get}090000000000001000000001000000007fffffffffffffff" &&
		says "malformed window" "${get}090000000000001000000001000000010000000000000001" &&
		says "out of turn" "$get$one$one$one" &&
		says "out of turn" "${get}0900000000000001ff" &&
		says "out of turn" "${get}0b00000000000000" &&
		says "too long" "${get}0b00000000000200$(printf '61%.0s' {1..512})" || return 1
	# a region that is not ours ends the connection
	before=$(ended)
	says "" "$get$one" && wait_for 60 ended_more "$before" || { tail -n 2 main.log; return 1; }
	# more than there is room for, and less than there was
	says "file's next part" "${put}0a0000000000000800000000000186a1" &&
		says "file's next part" "${put}0a000000000000080000000000000000" &&
		says "expected message type 10" "${put}050000000000000141" || return 1
	nothing_in srv/x && placed 3000003 "${tool[@]}" get 127.0.0.1:a out/a &&
		cmp srv/a out/a && rm out/a
}

wrong_usage() {
	local tool=(hpscp)

	refused "tcp has no one-sided" --proto tcp --direct get 127.0.0.1:a out/a &&
		refused "does not take these options" --direct serve srv
}

[ "$proto" = hps ] || t_skip "only hps places directly"
need_proto get 127.0.0.1:a /dev/null
mkdir srv/dir

offer main --rw || { cat main.log; echo "Bail out! no server"; exit 1; }
# shellcheck disable=SC2034
offer keyed --rw --key key -p 18521

# the small kernel that looks for faults has neither disks nor FAT
disk=file_that_is_written_back
[ "${HPS_KERNEL:-}" != debug ] || disk=
each get_large get_places_all put_places_all report_in_json all_sizes holes_are_zeros \
	parts_are_placed with_a_key by_four_clients memlock memlock_half_way server_memlock \
	$disk not_a_file full_disk source_becomes_shorter server_killed client_killed \
	old_server hostile_input wrong_usage
