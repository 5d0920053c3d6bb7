// SPDX-License-Identifier: GPL-2.0
/* The bar that a terminal shows during a transfer. */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fail.h"

#define PERIOD_NS	(200 * NSEC_PER_MSEC)
#define BAR_MAX		40
#define FIGURE_MAX	24
#define NAME_WIDTH	24
#define FIGURES_WIDTH	44	/* percent, size, rate and ETA */

void progress_start(struct progress *progress, bool quiet, const char *name,
		    uint64_t total)
{
	progress->shown = !quiet && isatty(STDERR_FILENO);
	progress->name = name;
	progress->total = total;
	progress->start_ns = clock_ns();
	progress->next_ns = 0;
}

static unsigned int terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col;
}

static void print_size(char text[FIGURE_MAX], double bytes)
{
	static const char units[] = "BkMGTPE";
	unsigned int i = 0;

	while (bytes >= 9999 && units[i + 1]) {
		bytes /= 1024;
		i++;
	}
	snprintf(text, FIGURE_MAX, "%.0f %c%s", bytes, units[i], i ? "B" : " ");
}

static void print_left(char text[FIGURE_MAX], double seconds)
{
	unsigned long left = seconds + 0.5;

	if (seconds > 359999)
		snprintf(text, FIGURE_MAX, "--:--");
	else if (left >= 3600)
		snprintf(text, FIGURE_MAX, "%lu:%02lu:%02lu", left / 3600, left / 60 % 60,
			 left % 60);
	else
		snprintf(text, FIGURE_MAX, "%02lu:%02lu", left / 60, left % 60);
}

static void draw(const struct progress *progress, uint64_t done, uint64_t now)
{
	double seconds = (now - progress->start_ns) / 1e9;
	double rate = seconds > 0 ? done / seconds : 0;
	double part = progress->total ? (double)done / progress->total : 1;
	char size[FIGURE_MAX], speed[FIGURE_MAX], left[FIGURE_MAX];
	char name[NAME_WIDTH + 1];
	unsigned int width = terminal_width(), bar = 0, full;

	print_size(size, done);
	print_size(speed, rate);
	print_left(left, rate > 0 ? (progress->total - done) / rate : 1e9);
	snprintf(name, sizeof(name), "%s", progress->name);
	make_printable(name);
	if (width > NAME_WIDTH + FIGURES_WIDTH + 8)
		bar = width - NAME_WIDTH - FIGURES_WIDTH - 4;
	if (bar > BAR_MAX)
		bar = BAR_MAX;
	full = part * bar;

	fprintf(stderr, "\r%-*s ", NAME_WIDTH, name);
	if (bar)
		fprintf(stderr, "[%.*s%*s] ", full,
			"########################################", bar - full, "");
	fprintf(stderr, "%3.0f%% %8s %8s/s ETA %8s\033[K", part * 100, size, speed,
		left);
}

void progress_show(struct progress *progress, uint64_t done)
{
	uint64_t now;

	if (!progress || !progress->shown)
		return;
	now = clock_ns();
	if (now < progress->next_ns)
		return;
	progress->next_ns = now + PERIOD_NS;
	draw(progress, done, now);
}

void progress_end(struct progress *progress)
{
	if (!progress->shown)
		return;
	fputs("\r\033[K", stderr);
	progress->shown = false;
}
