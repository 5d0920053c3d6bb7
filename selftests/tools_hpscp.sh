#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long
#
# hpscp: whole files, parts, refusals, keys, broken and corrupted transfers.
# Functions run through each().
# shellcheck disable=SC2317
here=$(dirname "$0")
# shellcheck source=selftests/tools.sh
. "$here/tools.sh"
own_namespaces hpscp "$@"
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"

ip link set lo up
# Addresses that are not loopback's, for the rules about keys.
ip addr add 10.77.0.1/32 dev lo
ip addr add fd77::1/128 dev lo nodad || t_skip "no IPv6"

cd "$t_dir" || exit 1
mkdir srv out
head -c 3000000 /dev/urandom >srv/a
head -c 700001 /dev/urandom >b
head -c 32 /dev/urandom | base64 >key
head -c 32 /dev/urandom | base64 >wrong
chmod 600 key wrong
truncate -s 4G srv/huge huge

tool=(hpscp --proto "$proto" --timeout 30)
serve_command=serve serving=(srv)
main='' victim=''

same_part() { # FILE OFFSET FILE: the second is in the first at OFFSET
	tail -c +$(($2 + 1)) "$1" | head -c "$(stat -c %s "$3")" | cmp - "$3"
}

# proxy PORT DIRECTION OFFSET: passes one connection on to port 18513 and
# flips a bit of the byte at OFFSET, "up" to the server or "down" from it.
# talk FAMILY PROTOCOL PORT HEX: sends bytes, prints what comes back.
cat >peer.pl <<'PERL'
use strict;
use warnings;
use Socket;

sub family { $ENV{P} eq 'hps' ? 18 : AF_INET }
sub make {
	socket(my $s, family(), SOCK_STREAM, $ENV{P} eq 'mptcp' ? 262 : 0)
		or die "socket: $!";
	return $s;
}
sub dial {
	my $s = make();
	connect($s, pack_sockaddr_in($_[0], inet_aton('127.0.0.1')))
		or die "connect: $!";
	return $s;
}
sub put_all {
	my ($s, $data) = @_;
	while (length $data) {
		my $n = syswrite($s, $data);
		return 0 unless defined $n;
		substr($data, 0, $n, '');
	}
	return 1;
}
$SIG{PIPE} = 'IGNORE';
my ($mode, $port, @args) = @ARGV;
if ($mode eq 'talk') {
	my $s = dial($port);
	put_all($s, pack('H*', $args[0]));
	while (sysread($s, my $data, 65536)) { print $data; }
	exit;
}
my ($direction, $flip) = @args;
my $l = make();
setsockopt($l, SOL_SOCKET, SO_REUSEADDR, 1);
bind($l, pack_sockaddr_in($port, inet_aton('127.0.0.1'))) or die "bind: $!";
listen($l, 1) or die "listen: $!";
$| = 1;
print "ready\n";
accept(my $c, $l) or die "accept: $!";
my $s = dial(18513);
my %passed = (up => 0, down => 0);
while (1) {
	my $set = '';
	vec($set, fileno($_), 1) = 1 for $c, $s;
	select($set, undef, undef, undef);
	for (['up', $c, $s], ['down', $s, $c]) {
		my ($name, $from, $to) = @$_;
		next unless vec($set, fileno($from), 1);
		exit unless sysread($from, my $data, 65536);
		my $at = $flip - $passed{$name};
		substr($data, $at, 1) ^= "\x10"
			if $name eq $direction && $at >= 0 && $at < length $data;
		$passed{$name} += length $data;
		exit unless put_all($to, $data);
	}
}
PERL
peer() { P=$proto perl peer.pl "$@"; }

# through_proxy DIRECTION OFFSET TEXT OPTION...
through_proxy() {
	local direction=$1 offset=$2 text=$3 pid

	shift 3
	: >proxy.log
	P=$proto perl peer.pl proxy 18600 "$direction" "$offset" >proxy.log 2>&1 &
	pid=$!
	wait_for 60 grep -q ready proxy.log || { cat proxy.log; return 1; }
	refused "$text" -p 18600 "$@" || return 1
	wait_for 60 gone $pid
}

get_whole() {
	chmod 640 srv/a
	"${tool[@]}" get 127.0.0.1:a out/a && cmp srv/a out/a &&
		[ "$(stat -c %a out/a)" = 640 ] && rm out/a
}

get_reports() {
	"${tool[@]}" --json get 127.0.0.1:a /dev/null >json || return 1
	cat json
	grep -q '"bytes": *3000000' json && grep -q '"mbit_per_s"' json &&
		grep -q "$(sha256sum <srv/a | cut -d' ' -f1)" json || return 1
	# names are octets, JSON is UTF-8
	ln srv/a $'srv/caf\xc3\xa9 \xe9\xed\xa0\x80\xf0\x9f\x99\x82"' || return 1
	"${tool[@]}" --json get $'127.0.0.1:caf\xc3\xa9 \xe9\xed\xa0\x80\xf0\x9f\x99\x82"' \
		/dev/null >json || return 1
	cat json
	python3 -c 'import json, sys; sys.exit("caf\u00e9 ????\U0001f642\"" not in
		json.load(open("json", encoding="utf-8")).values())' && rm srv/caf*
}

get_into_directory_replaces_and_keeps_time() {
	echo old >out/a
	touch -d @1000000000 srv/a
	"${tool[@]}" -t -q get 127.0.0.1:a out && cmp srv/a out/a &&
		[ "$(stat -c %Y out/a)" = 1000000000 ] && rm out/a
}

get_empty() {
	: >srv/empty
	"${tool[@]}" get 127.0.0.1:empty out/e && [ -e out/e ] && ! [ -s out/e ] && rm out/e
}

get_with_poly1305() {
	"${tool[@]}" --checksum poly1305 get 127.0.0.1:a out/a && cmp srv/a out/a && rm out/a
}

get_part() {
	"${tool[@]}" --range 1M+64k get 127.0.0.1:a out/part &&
		[ "$(stat -c %s out/part)" = 65536 ] &&
		same_part srv/a 1048576 out/part || return 1
	"${tool[@]}" --range 2999999 get 127.0.0.1:a out/part &&
		same_part srv/a 2999999 out/part || return 1
	refused "begins beyond" --range 3000001 get 127.0.0.1:a out/no &&
		refused "ends beyond" --range 2M+1M get 127.0.0.1:a out/no &&
		refused "not a size" --range 1x get 127.0.0.1:a out/no &&
		! [ -e out/no ] && rm out/part
}

get_by_ipv6() {
	"${tool[@]}" get "[::1]:a" out/a && cmp srv/a out/a && rm out/a
}

get_by_eight_clients() {
	local i pids=()

	for i in 1 2 3 4 5 6 7 8; do
		"${tool[@]}" -q get 127.0.0.1:a "out/$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || return 1
	done
	for i in 1 2 3 4 5 6 7 8; do
		cmp srv/a "out/$i" && rm "out/$i" || return 1
	done
}

missing_file_is_refused() {
	refused "No such file" get 127.0.0.1:nothing out/no && nothing_in out
}

put_to_read_only_is_refused() {
	refused "read-only" put b 127.0.0.1:b && ! [ -e srv/b ]
}

escape_is_refused() {
	echo secret >secret
	ln -sfn ../secret srv/up
	ln -sfn "$t_dir" srv/abs
	ln -sfn a srv/inside
	refused "out of the served" get 127.0.0.1:../secret out/s &&
		refused "out of the served" get "127.0.0.1:$t_dir/secret" out/s &&
		refused "out of the served" get 127.0.0.1:up out/s &&
		refused "out of the served" get 127.0.0.1:abs/secret out/s &&
		nothing_in out || return 1
	"${tool[@]}" get 127.0.0.1:inside out/a && cmp out/a srv/a && rm out/a
}

only_regular_files() {
	mkfifo srv/pipe
	mkdir srv/dir
	refused "not a regular file" get 127.0.0.1:pipe out/p &&
		refused "not a regular file" get 127.0.0.1:dir out/p && nothing_in out
}

put_whole() {
	chmod 750 b
	"${tool[@]}" -t put b 127.0.0.1:dir/b -p 18520 && cmp b srv/dir/b &&
		[ "$(stat -c %a srv/dir/b)" = 750 ] &&
		[ "$(stat -c %Y srv/dir/b)" = "$(stat -c %Y b)" ] || return 1
	echo short >short
	"${tool[@]}" put short 127.0.0.1:dir/b -p 18520 && cmp short srv/dir/b &&
		rm srv/dir/b && nothing_in srv/dir
}

put_part() {
	cp srv/a srv/c
	cp srv/a expected
	dd if=b of=expected bs=1024 seek=1000 conv=notrunc status=none
	"${tool[@]}" -p 18520 put --range 1000k b 127.0.0.1:c && cmp srv/c expected || return 1
	head -c 5 b | dd of=expected bs=1 seek=7 conv=notrunc status=none
	"${tool[@]}" -p 18520 put --range 7+5 b 127.0.0.1:c && cmp srv/c expected || return 1
	refused "begins beyond" -p 18520 put --range 1G b 127.0.0.1:c &&
		refused "has only" -p 18520 put --range 0+1G b 127.0.0.1:c &&
		refused "No such file" -p 18520 put --range 0 b 127.0.0.1:none &&
		cmp srv/c expected && ! [ -e srv/none ]
}

put_escape_is_refused() {
	ln -sfn "$t_dir/out" srv/out
	refused "out of the served" -p 18520 put b 127.0.0.1:../b2 &&
		refused "out of the served" -p 18520 put b 127.0.0.1:/b2 &&
		refused "out of the served" -p 18520 put b 127.0.0.1:out/b2 &&
		refused "names a directory" -p 18520 put b 127.0.0.1:dir/.. &&
		refused "not a regular file" -p 18520 put b 127.0.0.1:dir &&
		refused "not a regular file" -p 18520 put b 127.0.0.1:up &&
		refused "not a regular file" -p 18520 put b 127.0.0.1:pipe &&
		! [ -e b2 ] && nothing_in out
}

put_to_full_disk() {
	mkdir -p srv/small
	mount -t tmpfs -o size=512k none srv/small || return 1
	refused "No space left" -p 18520 put b 127.0.0.1:small/b
	local err=$?
	nothing_in srv/small || err=1
	umount srv/small
	return $err
}

key_is_demanded_beyond_loopback() {
	refused "give --key" serve -p 18530 --bind 10.77.0.1 srv &&
		refused "give --key" serve -p 18530 --bind fd77::1 srv &&
		refused "give --key" serve -p 18530 --bind '*' srv
}

no_key_in_an_own_namespace() {
	: >own.log
	unshare --net sh -c 'ip link set lo up; exec hpscp "$@"' - \
		--proto "$proto" serve -p 18530 --bind '*' srv >own.log 2>&1 &
	wait_for 60 grep -q listening own.log && kill $!
}

public_key_file_is_refused() {
	cp key public
	chmod 644 public
	refused "everybody may" serve -p 18530 --key public srv &&
		refused "everybody may" -p 18521 --key public get 10.77.0.1:a out/a
}

right_key() {
	"${tool[@]}" -p 18521 --key key get 10.77.0.1:a out/a && cmp srv/a out/a && rm out/a &&
		"${tool[@]}" -p 18521 --key key get "[fd77::1]:a" out/a && cmp srv/a out/a &&
		"${tool[@]}" -p 18521 --key key put b 10.77.0.1:dir/b && cmp b srv/dir/b &&
		rm srv/dir/b out/a
}

wrong_or_missing_key() {
	refused "keys of the two sides differ" -p 18521 --key wrong get 10.77.0.1:a out/a &&
		refused "demands a key" -p 18521 get 10.77.0.1:a out/a &&
		refused "has no key" --key key get 127.0.0.1:a out/a && nothing_in out
}

server_killed_during_get() {
	serve victim -p 18540
	"${tool[@]}" -p 18540 get 127.0.0.1:huge out/huge >client.log 2>&1 &
	local client=$!

	wait_for 60 in_transfer $client || return 1
	kill -KILL "$victim"
	wait $client && { echo "the client saw no error"; return 1; }
	cat client.log
	grep -q "connection" client.log && nothing_in out
}

server_killed_during_put() {
	echo precious >srv/dir/huge
	serve victim --rw -p 18541
	"${tool[@]}" -p 18541 put huge 127.0.0.1:dir/huge >client.log 2>&1 &
	local client=$!

	wait_for 60 child_in_transfer "$victim" || return 1
	local child
	child=$(child_of "$victim")
	kill -KILL "$victim"
	wait $client && { echo "the client saw no error"; return 1; }
	cat client.log
	# shellcheck disable=SC2086
	wait_for 60 gone $child || return 1
	grep -q "connection" client.log && [ "$(cat srv/dir/huge)" = precious ] &&
		rm srv/dir/huge && nothing_in srv/dir
}

client_interrupted() {
	serve victim --rw -p 18542
	# A shell's background jobs ignore SIGINT unless told otherwise.
	env --default-signal=INT hpscp --proto "$proto" -p 18542 get \
		127.0.0.1:huge out/huge &
	local client=$!

	wait_for 60 in_transfer $client || return 1
	kill -INT $client
	wait $client && { echo "no error status"; return 1; }
	nothing_in out || return 1

	env --default-signal=INT hpscp --proto "$proto" -p 18542 put \
		huge 127.0.0.1:dir/huge &
	client=$!
	wait_for 60 child_in_transfer "$victim" || return 1
	kill -INT $client
	wait $client && { echo "no error status"; return 1; }
	wait_for 60 grep -q "put 'dir/huge' failed" victim.log &&
		nothing_in srv/dir && kill "$victim"
}

corruption_is_detected() {
	through_proxy down 1000000 "checksum mismatch" get 127.0.0.1:a out/a &&
		through_proxy down 1000000 "checksum mismatch" \
			--checksum poly1305 get 127.0.0.1:a out/a &&
		nothing_in out || return 1
}

corrupted_put_is_detected() {
	# The proxy passes to port 18513, which is writable from here on.
	kill "$main"
	wait "$main"
	serve main --rw || return 1
	through_proxy up 300000 "checksum mismatch" put b 127.0.0.1:dir/b &&
		nothing_in srv/dir || return 1
	cp srv/a srv/c
	through_proxy up 300000 "checksum mismatch" put --range 5 b 127.0.0.1:c &&
		cmp srv/a srv/c
}

changed_request_is_detected() {
	kill "$main"
	wait "$main"
	serve main --key key || return 1
	# HELLO 56, PROOF 40, header 8, request 40: octet 144 is the path.
	through_proxy up 144 "MAC is wrong" --key key get 127.0.0.1:a out/a &&
		through_proxy up 30 "differ" --key key get 127.0.0.1:a out/a &&
		nothing_in out
}

# Hostile clients: each is refused with a reason and the server lives on.
says() { # TEXT HEX
	peer talk 18520 "$2" >said || return 1
	grep -aq -- "$1" said || { echo "no '$1' in:"; od -c said | head; return 1; }
}

hostile_input() {
	local hello

	# "HPScp\r\n", version 1, no flags, a nonce
	hello=010000000000003048505363700d0a000001000000000000
	hello+=$(printf '42%.0s' {1..32})
	says "does not speak" "ffffffff00000000ffffffff" &&
		says "too long" "01000000ffffffff" &&
		says "does not speak" "0100000000000030$(printf '00%.0s' {1..48})" &&
		says "version 9" "${hello/0001/0009}" || return 1

	# op flags path_len mode offset length mtime_sec mtime_nsec checksum path
	request() { printf '%s' "$hello" 0300000000 "$1" "$2"; }
	path() { printf '%s' "$1" 000000000000000000000000000000000000000000000000 "$2"; }
	says "too long" "$(request ffffff '')" &&
		says "expected a request" "${hello}0300000000000001"00 &&
		says "unknown operation" "$(request 000029 "$(path 0900000100000000 000000000100000061)")" &&
		says "has a NUL" "$(request 00002b "$(path 0100000300000000 0000000001000000610061)")" &&
		says "malformed path" "$(request 000029 "$(path 0100ffff00000000 000000000100000061)")" &&
		says "malformed path" "$(request 000028 "$(path 0100000000000000 0000000001000000)")" &&
		says "unknown checksum" "$(request 000029 "$(path 0100000100000000 000000000700000061)")" &&
		says "unknown flags" "$(request 000029 "$(path 01f0000100000000 000000000100000061)")" &&
		says "permission bits" "$(request 000029 "$(path 0200000100000fff 000000000100000061)")" ||
		return 1
	# a part at 2^63
	local far=01010001000000008000000000000000
	far+=00000000000000000000000000000000000000000100000061
	says "beyond what" "$(request 000029 $far)" || return 1
	head -c 100000 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >random
	peer talk 18520 "$(head -c 60000 random)" >/dev/null
	"${tool[@]}" -p 18520 get 127.0.0.1:a out/a && cmp srv/a out/a && rm out/a
}

wrong_usage() {
	refused "does not take these options" --rw get 127.0.0.1:a &&
		refused "names no host" get a && refused "not a command" frob &&
		refused "not a protocol" --proto udp get 127.0.0.1:a
}

need_proto get 127.0.0.1:a /dev/null

serve main || { cat main.log; echo "Bail out! no server"; exit 1; }
serve writable --rw -p 18520
# shellcheck disable=SC2034
serve keyed --rw --key key --bind '*' -p 18521

each get_whole get_reports get_into_directory_replaces_and_keeps_time get_empty \
	get_with_poly1305 get_part get_by_ipv6 get_by_eight_clients \
	missing_file_is_refused put_to_read_only_is_refused escape_is_refused \
	only_regular_files put_whole put_part put_escape_is_refused put_to_full_disk \
	key_is_demanded_beyond_loopback no_key_in_an_own_namespace \
	public_key_file_is_refused right_key wrong_or_missing_key \
	server_killed_during_get server_killed_during_put client_interrupted \
	corruption_is_detected corrupted_put_is_detected changed_request_is_detected \
	hostile_input wrong_usage
