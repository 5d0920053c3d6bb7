# SPDX-License-Identifier: GPL-2.0
# `make help` says what there is. The kernel reads ./Kbuild, not this file.

KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr
DESTDIR ?=
VM := selftests/vm/run
# where `make tools` builds; the rig builds in HPS_CACHE
O ?= $(CURDIR)/build

help:
	@echo 'In a virtual machine (root, Debian 12 or 13; prepared by itself):'
	@echo '  make demo             copy a file over one link, then over two'
	@echo '  make check            all tests (see selftests/check --help)'
	@echo '  make bench            the figures, beside TCP, MPTCP, bonding and team;'
	@echo '                        CASE="slow loss" for a part (selftests/bench/bench -h)'
	@echo '  make trials           200 failures of a link by chance, in virtual time'
	@echo '  make soak             10 minutes of torture on the debug kernel'
	@echo 'On a real machine:'
	@echo '  make modules          hps.ko for the running kernel, or KDIR=...'
	@echo '  make modules_install  into /lib/modules'
	@echo '  make tools            hpsctl, hpscp, ... into build/bin'
	@echo '  make install          tools and man pages, DESTDIR= PREFIX=/usr'
	@echo '  make clean'

demo:
	$(VM) --virtual-time --timeout 1800 selftests/demo.sh

check:
	selftests/check

bench:
	selftests/bench/bench $(CASE)

trials:
	selftests/bench/bench --check trials

soak:
	$(VM) --kernel debug --unload --timeout $$((600 + 2 * $${HPS_SOAK_SECONDS:-600})) selftests/soak.sh

modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

modules_install:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install
	depmod -a

tools:
	$(MAKE) -C tools O=$(O)

install: tools
	$(MAKE) -C tools O=$(O) DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) install

clean:
	[ ! -d $(KDIR) ] || $(MAKE) -C $(KDIR) M=$(CURDIR) clean
	rm -rf build

.PHONY: help demo check bench trials soak modules modules_install tools install clean
