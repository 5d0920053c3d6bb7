# SPDX-License-Identifier: GPL-2.0
tools += hpsctl
hpsctl-libs := -lmnl -ljson-c -lm
