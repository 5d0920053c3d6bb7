# SPDX-License-Identifier: GPL-2.0
tools += hpscp
hpscp-libs := -lcrypto -ljson-c
