// SPDX-License-Identifier: GPL-2.0
/* Why does a connection not use more links, or not this one? */
#include "why.h"

/**
 * hps_why_waits() - why does a path that works carry nothing?
 * @role: of its link, enum hps_link_role
 * @admitted: the role lets it
 *
 * Return: the reason.
 */
enum hps_reason hps_why_waits(u8 role, bool admitted)
{
	if (admitted || role == HPS_LINK_ROLE_ACTIVE)
		return HPS_REASON_POLICY;
	return role == HPS_LINK_ROLE_BACKUP ? HPS_REASON_BACKUP :
					      HPS_REASON_COPIES_ONLY;
}

/**
 * hps_why_join() - why are no further links joined?
 * @c: the connection
 *
 * The order is that of what would have to change first; compare
 * hps_join_if_wanted(), which decides by the same facts.
 *
 * Return: the reason, or HPS_REASON_NONE: they are.
 */
enum hps_reason hps_why_join(const struct hps_why_conn *c)
{
	if (c->opening)
		return HPS_REASON_OPENING;
	if (c->ending)
		return HPS_REASON_ENDING;
	if (c->bound)
		return HPS_REASON_BOUND;
	if (c->loopback)
		return HPS_REASON_LOOPBACK;
	if (!c->bundle)
		return HPS_REASON_NO_BUNDLE;
	if (c->single)
		return HPS_REASON_POLICY;
	if (!c->initiator)
		return HPS_REASON_PEER_JOINS;
	if (c->offers < 2)
		return HPS_REASON_PEER_ONE_LINK;
	if (c->moved < c->join_at)
		return HPS_REASON_CUTOFF;
	return HPS_REASON_NONE;
}

/**
 * hps_why_conn() - why does it not use more links at this moment?
 * @c: the connection
 *
 * Return: the reason, or HPS_REASON_NONE: all that it can.
 */
enum hps_reason hps_why_conn(const struct hps_why_conn *c)
{
	enum hps_reason why = hps_why_join(c);

	/* One usable link explains more than who would join others. */
	if ((why == HPS_REASON_PEER_JOINS || why == HPS_REASON_CUTOFF ||
	     why == HPS_REASON_NONE) && c->links < 2)
		return HPS_REASON_ONE_LINK;
	if (c->opening || c->ending || c->single)
		return why;
	if (c->paths < 2)
		return c->waiting != HPS_REASON_NONE ? c->waiting : why;
	if (c->backlog < c->cutoff && c->in_transit < c->cutoff)
		return HPS_REASON_CUTOFF;
	return HPS_REASON_NONE;
}

/**
 * hps_why_link() - why does it not use this link?
 * @c: the connection
 * @l: the link
 *
 * Return: the reason, or HPS_REASON_IN_USE.
 */
enum hps_reason hps_why_link(const struct hps_why_conn *c,
			     const struct hps_why_link *l)
{
	enum hps_reason why;

	if (l->used)
		return HPS_REASON_IN_USE;
	if (l->opening)
		return HPS_REASON_OPENING;
	if (!l->up)
		return HPS_REASON_LINK_DOWN;
	if (l->silent)
		return HPS_REASON_SILENT;
	if (l->waiting != HPS_REASON_NONE)
		return l->waiting;
	why = hps_why_join(c);
	if (why != HPS_REASON_NONE)
		return why;
	if (!l->address)
		return HPS_REASON_NO_ADDRESS;
	if (!l->partner)
		return HPS_REASON_NO_PARTNER;
	return HPS_REASON_JOIN_FAILED;
}
