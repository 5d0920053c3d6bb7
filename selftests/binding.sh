#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lists: full long
# timeout: 120
#
# Where further paths of a socket may go that is bound to an address or a device:
# nowhere, but where the address is that of a link of a bundle, or the device is
# a bundle.
# functions run through t_ok
# shellcheck disable=SC2317
here=$(dirname "$0")
# shellcheck source=selftests/lib.sh
. "$here/lib.sh"
# shellcheck source=selftests/links.sh
. "$here/links.sh"

need_module
mb=1048576

# serve_on ADDRESS PORT [OPTION...]: on b
serve_on() {
	local log=$t_dir/server-$2
	ns_background b traffic "${@:3}" server "$1" "$2" >"$log" 2>&1
	wait_for 10 grep -q listening "$log" || { cat "$log"; return 1; }
}

# joins ADDRESS PORT [OPTION...]: a connection from a gets a second path
joins() {
	local before
	before=$(counter b HpsJoinOk)
	ask a "$1" "$2" "${@:3}" -s $mb -d both && moved b HpsJoinOk "$before"
}

# stays: it does not, and does not even try
stays() {
	local before
	before=$(counter a HpsJoinSent)
	ask a "$1" "$2" "${@:3}" -s $mb -d both || return
	! moved a HpsJoinSent "$before"
}

ns_make a b || t_skip "cannot make namespaces"
t_ok "three links" links 3 rate 100mbit delay 50us
t_ok "a bundle of two of them" bundle 2

t_ok "a server on all addresses" serve_on :: 5001
t_ok "is joined" joins 10.1.1.2 5001
t_ok "is joined if the first path is outside of the bundle" joins 10.1.3.2 5001

t_ok "a server on an address of the bundle" serve_on 10.1.1.2 5002
t_ok "is joined" joins 10.1.1.2 5002
t_ok "a server on an IPv6 address of the bundle" serve_on fd01:2::2 5003
t_ok "is joined" joins fd01:2::2 5003

t_ok "a server on another address" serve_on 10.1.3.2 5004
t_ok "stays with it" stays 10.1.3.2 5004
t_ok "a server on another IPv6 address" serve_on fd01:3::2 5005
t_ok "stays with it" stays fd01:3::2 5005

t_ok "a server bound to a link" serve_on :: 5006 -D eth1
t_ok "stays with it" stays 10.1.1.2 5006
t_ok "a server bound to the bundle and an address" serve_on 10.1.1.2 5007 -D hps0
t_ok "is joined" joins 10.1.1.2 5007

t_ok "a client bound to an address of the bundle joins" joins 10.1.1.2 5001 -A 10.1.1.1
t_ok "a client bound to another address stays" stays 10.1.3.2 5001 -A 10.1.3.1
t_ok "a client bound to another IPv6 address stays" stays fd01:3::2 5001 -A fd01:3::1
t_ok "a client bound to a link stays" stays 10.1.1.2 5001 -D eth1
t_ok "a client bound to the bundle joins" joins 10.1.1.2 5001 -D hps0
t_ok "the kernel's log is clean" log_clean
t_done
