# SPDX-License-Identifier: GPL-2.0
#
# libhps, shared and static, of this folder and the codec of ../../kmod/ddp.
# The codec's kernel headers are those of the tests in user space.
libs += hps

hps-version := 0.1.0
hps-soname := libhps.so.0
hps-codec := mpa ddp segment terminate access stream rdmap
libhps-cflags := -fPIC -Wno-unused-parameter \
	-Wno-sign-compare -Wno-missing-field-initializers \
	-Ilibhps -I../selftests/unit/include -I.. -I../kmod

hps-objs := $(patsubst %.c,$(out)/obj/%.o,$(wildcard libhps/*.c)) \
	$(hps-codec:%=$(out)/obj/libhps/codec/%.o)

# only what the map lists is for others, in the static library, too
$(out)/lib/libhps.a: $(hps-objs) libhps/libhps.map
	@mkdir -p $(@D)
	$(LD) -r -o $(out)/obj/libhps.o $(hps-objs)
	sed -n 's/^	\(hps_[a-z_]*\);$$/\1/p' libhps/libhps.map >$(out)/obj/libhps.keep
	$(OBJCOPY) --keep-global-symbols=$(out)/obj/libhps.keep $(out)/obj/libhps.o
	@rm -f $@
	$(AR) rcs $@ $(out)/obj/libhps.o

$(out)/lib/libhps.so: $(hps-objs) libhps/libhps.map
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(hps-soname) \
		-Wl,--version-script=libhps/libhps.map -Wl,-z,defs \
		-o $(out)/lib/libhps.so.$(hps-version) $(hps-objs) -pthread
	ln -sf libhps.so.$(hps-version) $(out)/lib/$(hps-soname)
	ln -sf $(hps-soname) $@

$(out)/obj/libhps/codec/%.o: ../kmod/ddp/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(hps-cflags) $(libhps-cflags) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

install-libhps: $(out)/lib/libhps.a $(out)/lib/libhps.so
	$(INSTALL) -D -m 644 libhps/libhps.h $(DESTDIR)$(PREFIX)/include/libhps.h
	$(INSTALL) -D -m 644 $(out)/lib/libhps.a $(DESTDIR)$(LIBDIR)/libhps.a
	$(INSTALL) -D -m 755 $(out)/lib/libhps.so.$(hps-version) \
		$(DESTDIR)$(LIBDIR)/libhps.so.$(hps-version)
	ln -sf libhps.so.$(hps-version) $(DESTDIR)$(LIBDIR)/$(hps-soname)
	ln -sf $(hps-soname) $(DESTDIR)$(LIBDIR)/libhps.so
	$(INSTALL) -d $(DESTDIR)$(LIBDIR)/pkgconfig
	sed -e 's,@PREFIX@,$(PREFIX),' -e 's,@LIBDIR@,$(LIBDIR),' \
		-e 's,@VERSION@,$(hps-version),' libhps/libhps.pc.in \
		>$(DESTDIR)$(LIBDIR)/pkgconfig/libhps.pc
	set -e; for f in $(wildcard libhps/examples/*); do \
		$(INSTALL) -D -m 644 $$f \
		$(DESTDIR)$(PREFIX)/share/doc/libhps/examples/$${f##*/}; \
	done
	set -e; for page in $(wildcard libhps/*.[1-8]); do \
		$(INSTALL) -D -m 644 $$page \
		$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; \
	done
