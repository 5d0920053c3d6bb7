/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the pure files of kmod/ need of the kernel, in user space. The headers
 * beside this one only include it; kmod/ never does by name.
 */
#ifndef _HPS_SHIM_H
#define _HPS_SHIM_H

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- types ---------------------------------------------------------------- */

typedef uint8_t u8, __u8;
typedef uint16_t u16, __u16, __be16, __le16;
typedef uint32_t u32, __u32, __be32, __le32;
typedef unsigned long long u64, __u64, __be64, __le64;
typedef int8_t s8, __s8;
typedef int16_t s16, __s16;
typedef int32_t s32, __s32;
typedef long long s64, __s64;
typedef unsigned int gfp_t;

#define U8_MAX		UINT8_MAX
#define U16_MAX		UINT16_MAX
#define U32_MAX		UINT32_MAX
#define U64_MAX		(~0ULL)
#define S32_MAX		INT32_MAX
#define S64_MAX		INT64_MAX

#ifndef __packed
#define __packed	__attribute__((packed))
#endif
#ifndef __aligned
#define __aligned(n)	__attribute__((aligned(n)))
#endif
/* The kernel's may go without a message, which C11 does not know. */
#undef static_assert
#define static_assert(cond, ...)	_Static_assert(cond, #cond)
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define swap(a, b)	do { __typeof__(a) t_ = (a); (a) = (b); (b) = t_; } while (0)
#define noinline	__attribute__((noinline))
#define __noreturn	__attribute__((noreturn))
#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define fallthrough	__attribute__((fallthrough))
#define __maybe_unused	__attribute__((unused))

#ifndef KBUILD_MODNAME
#define KBUILD_MODNAME	"hps_unit"
#endif

/* --- arithmetic -------------------------------------------------------------- */

#define min(a, b) ({ \
	__auto_type _a = (a); \
	__auto_type _b = (b); \
	_a < _b ? _a : _b; })
#define max(a, b) ({ \
	__auto_type _a = (a); \
	__auto_type _b = (b); \
	_a > _b ? _a : _b; })
#define min_t(t, a, b)		min((t)(a), (t)(b))
#define max_t(t, a, b)		max((t)(a), (t)(b))
#define clamp_t(t, v, lo, hi)	min_t(t, max_t(t, v, lo), hi)

#define BIT(n)		(1UL << (n))
#define BIT_ULL(n)	(1ULL << (n))
#define ALIGN(x, a)		(((x) + (a) - 1) & ~((a) - 1))
#define ALIGN_DOWN(x, a)	((x) & ~((a) - 1))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define DIV_ROUND_CLOSEST(n, d)	(((n) + (d) / 2) / (d))

#define NSEC_PER_SEC	1000000000L
#define USEC_PER_SEC	1000000L

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}

/* --- byte order ------------------------------------------------------------- */

#define cpu_to_be16(x)	htobe16(x)
#define cpu_to_be32(x)	htobe32(x)
#define cpu_to_be64(x)	((u64)htobe64(x))
#define cpu_to_le32(x)	htole32(x)
#define be16_to_cpu(x)	be16toh(x)
#define be32_to_cpu(x)	be32toh(x)
#define be64_to_cpu(x)	((u64)be64toh(x))
#define le32_to_cpu(x)	le32toh(x)

static inline u32 get_unaligned_be32(const void *p)
{
	const u8 *b = p;

	return (u32)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

/* --- complaints ---------------------------------------------------------------- */

/* A test that does the forbidden on purpose looks here. */
extern unsigned int shim_warnings;

#define WARN_ON(cond) ({ \
	bool _c = (cond); \
	if (_c) \
		shim_warnings++; \
	_c; })
#define WARN_ON_ONCE(cond)	WARN_ON(cond)

/* --- memory ------------------------------------------------------------------- */

#define GFP_ATOMIC	0u
#define GFP_KERNEL	1u

struct kmem_cache {
	size_t	size;
	size_t	live;
};

static inline struct kmem_cache *
kmem_cache_create(const char *name, unsigned int size, unsigned int align,
		  unsigned int flags, void (*ctor)(void *))
{
	struct kmem_cache *c = malloc(sizeof(*c));

	(void)name;
	(void)align;
	(void)flags;
	(void)ctor;
	if (c)
		*c = (struct kmem_cache){ .size = size };

	return c;
}

static inline void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp)
{
	void *p = malloc(c->size);

	(void)gfp;
	if (p)
		c->live++;

	return p;
}

static inline void kmem_cache_free(struct kmem_cache *c, void *p)
{
	c->live--;
	free(p);
}

static inline void kmem_cache_destroy(struct kmem_cache *c)
{
	if (!c)
		return;
	/* The kernel complains of objects that are left, so do we. */
	if (c->live) {
		fprintf(stderr, "# %zu objects left in a cache\n", c->live);
		abort();
	}
	free(c);
}

/* --- lists ------------------------------------------------------------------- */

struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *l)
{
	l->next = l;
	l->prev = l;
}

static inline void list_add(struct list_head *n, struct list_head *at)
{
	n->prev = at;
	n->next = at->next;
	at->next->prev = n;
	at->next = n;
}

static inline void list_add_tail(struct list_head *n, struct list_head *head)
{
	list_add(n, head->prev);
}

static inline void list_del(struct list_head *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	l->next = NULL;
	l->prev = NULL;
}

static inline bool list_empty(const struct list_head *l)
{
	return l->next == l;
}

#define container_of(p, t, m)	((t *)((char *)(p) - offsetof(t, m)))
#define list_entry(p, t, m)	container_of(p, t, m)
#define list_first_entry(h, t, m)	list_entry((h)->next, t, m)
#define list_last_entry(h, t, m)	list_entry((h)->prev, t, m)
#define list_next_entry(e, m)	list_entry((e)->m.next, __typeof__(*(e)), m)
#define list_prev_entry(e, m)	list_entry((e)->m.prev, __typeof__(*(e)), m)
#define list_for_each_entry(e, h, m) \
	for (e = list_entry((h)->next, __typeof__(*e), m); &e->m != (h); \
	     e = list_next_entry(e, m))
#define list_for_each_entry_reverse(e, h, m) \
	for (e = list_entry((h)->prev, __typeof__(*e), m); &e->m != (h); \
	     e = list_prev_entry(e, m))
#define list_for_each_entry_continue(e, h, m) \
	for (e = list_next_entry(e, m); &e->m != (h); \
	     e = list_next_entry(e, m))
#define list_for_each_entry_safe(e, t, h, m) \
	for (e = list_entry((h)->next, __typeof__(*e), m), \
	     t = list_next_entry(e, m); &e->m != (h); \
	     e = t, t = list_next_entry(t, m))

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

/* Readers and writers of user space have one lock: there is nothing to order. */
static inline void hlist_add_head_rcu(struct hlist_node *n,
				      struct hlist_head *h)
{
	n->next = h->first;
	n->pprev = &h->first;
	if (h->first)
		h->first->pprev = &n->next;
	h->first = n;
}

static inline void hlist_del_rcu(struct hlist_node *n)
{
	*n->pprev = n->next;
	if (n->next)
		n->next->pprev = n->pprev;
	n->pprev = NULL;
}

#define hlist_entry_or_null(p, t, m) ({ \
	struct hlist_node *_p = (p); \
	_p ? container_of(_p, t, m) : NULL; })
#define hlist_for_each_entry_rcu(e, h, m) \
	for (e = hlist_entry_or_null((h)->first, __typeof__(*e), m); e; \
	     e = hlist_entry_or_null(e->m.next, __typeof__(*e), m))

static inline void rcu_read_lock(void)
{
}

static inline void rcu_read_unlock(void)
{
}

/* --- trees ------------------------------------------------------------------- */

/* In order, but not balanced: what is built on it must not need more. */
struct rb_node {
	struct rb_node *rb_parent, *rb_left, *rb_right;
};

struct rb_root {
	struct rb_node *rb_node;
};

#define RB_ROOT			((struct rb_root){ NULL })
#define rb_entry(p, t, m)	container_of(p, t, m)

static inline void rb_link_node(struct rb_node *n, struct rb_node *parent,
				struct rb_node **link)
{
	/* Nothing may be there yet. */
	assert(!*link);
	*n = (struct rb_node){ .rb_parent = parent };
	*link = n;
}

static inline void rb_insert_color(struct rb_node *n, struct rb_root *root)
{
	(void)n;
	(void)root;
}

static inline void rb_put(struct rb_root *root, struct rb_node *old,
			  struct rb_node *n)
{
	struct rb_node *parent = old->rb_parent;

	if (!parent)
		root->rb_node = n;
	else if (parent->rb_left == old)
		parent->rb_left = n;
	else
		parent->rb_right = n;
	if (n)
		n->rb_parent = parent;
}

static inline void rb_erase(struct rb_node *n, struct rb_root *root)
{
	struct rb_node *next = n->rb_right;

	if (!n->rb_left || !n->rb_right) {
		rb_put(root, n, n->rb_left ? n->rb_left : n->rb_right);
		return;
	}
	while (next->rb_left)
		next = next->rb_left;
	if (next != n->rb_right) {
		rb_put(root, next, next->rb_right);
		next->rb_right = n->rb_right;
		next->rb_right->rb_parent = next;
	}
	rb_put(root, n, next);
	next->rb_left = n->rb_left;
	next->rb_left->rb_parent = next;
}

/* --- checksum ----------------------------------------------------------------- */

u32 crc32c(u32 crc, const void *p, size_t len);

/* --- random numbers: who links the pure files brings them ----------------------- */

u32 get_random_u32(void);

#endif /* _HPS_SHIM_H */
