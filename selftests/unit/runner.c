// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the tests of kmod/test/ and of this folder in user space and prints TAP.
 *
 *	hps-unit [NAME]		only the tests whose name has NAME in it
 */
#include <setjmp.h>

#include "hps_test.h"
#include "shim.h"

/* of curve_test.c, which the kernel has no use for */
extern struct kunit_suite hps_test_curve;

static jmp_buf give_up;

static struct kunit_suite * const suites[] = {
	&hps_test_mpa, &hps_test_ddp, &hps_test_message,
	&hps_test_reasm, &hps_test_placed, &hps_test_credit,
	&hps_test_sched, &hps_test_why, &hps_test_health, &hps_test_alive,
	&hps_test_autobuf, &hps_test_train, &hps_test_late, &hps_test_early,
	&hps_test_access, &hps_test_rdmap, &hps_test_segment,
	&hps_test_stream, &hps_test_ring, &hps_test_run, &hps_test_curve,
};

void hps_test_fail(struct kunit *test, const char *file, int line,
		   const char *what, s64 a, s64 b)
{
	if (test->failures++ < 10)
		printf("# %s:%d: %s (%lld, %lld)\n", file, line, what, a, b);
}

void hps_test_give_up(struct kunit *test)
{
	test->given_up = true;
	longjmp(give_up, 1);
}

/* Number of failures: a warning that nobody asked for is one, too. */
static unsigned int run(struct kunit *test, const struct kunit_case *c)
{
	shim_warnings = 0;
	if (!setjmp(give_up))
		c->run(test);

	return test->failures + shim_warnings;
}

int main(int argc, char **argv)
{
	unsigned int planned = 0, number = 0, failed = 0;
	const struct kunit_case *c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(suites); i++)
		for (c = suites[i]->test_cases; c->run; c++)
			planned += argc < 2 || strstr(c->name, argv[1]);

	printf("TAP version 13\n1..%u\n", planned);
	for (i = 0; i < ARRAY_SIZE(suites); i++) {
		struct kunit_suite *s = suites[i];

		if (s->suite_init && s->suite_init(s)) {
			printf("Bail out! %s does not start\n", s->name);
			return 1;
		}
		for (c = s->test_cases; c->run; c++) {
			struct kunit test = { .name = c->name };
			unsigned int bad;

			if (argc > 1 && !strstr(c->name, argv[1]))
				continue;
			bad = run(&test, c);
			failed += !!bad;
			printf("%sok %u %s\n", bad ? "not " : "", ++number,
			       c->name);
			fflush(stdout);
		}
		if (s->suite_exit && !failed)
			s->suite_exit(s);
	}
	printf("# %u passed, %u failed\n", number - failed, failed);

	return !!failed;
}
