# SPDX-License-Identifier: GPL-2.0
tools += hpsperf
hpsperf-libs := -ljson-c -lm
