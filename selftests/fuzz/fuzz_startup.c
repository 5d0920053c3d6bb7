// SPDX-License-Identifier: GPL-2.0
/* Any octets as MPA start-up frame: the verdict must fit what there is. */
#include "ddp/mpa.h"
#include "shim.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check(const u8 *data, size_t size, bool reply)
{
	struct mpa_startup_info info, whole_info;
	u8 again[MPA_MAX_STARTUP];
	int n, whole;
	size_t len;

	whole = mpa_startup_parse(data, size, reply, &whole_info);
	assert(whole <= (int)size);
	assert((whole < 0) == (whole_info.error != MPA_OK));
	assert(mpa_error_name(whole_info.error));

	/* A shorter beginning never says anything else, only less. */
	len = size > 24 ? size - 24 : 0;
	for (; len < size; len++) {
		n = mpa_startup_parse(data, len, reply, &info);
		assert(n == 0 || n == whole);
	}
	if (whole <= 0)
		return;

	assert(whole == (int)sizeof(struct mpa_startup) +
			whole_info.private_len);
	n = mpa_startup_build(again, sizeof(again), reply, whole_info.flags,
			      whole_info.private_data, whole_info.private_len);
	assert(n == whole);
	assert(!memcmp(again + 17, data + 17, n - 17));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	check(data, size, false);
	check(data, size, true);

	return 0;
}
