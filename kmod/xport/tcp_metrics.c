// SPDX-License-Identifier: GPL-2.0
/* Channels over TCP: what others want to know of them. */
#include "net.h"
#include "xport/tcp.h"

/* What is given to TCP and not acknowledged, from *@una on. Both grow meanwhile: the
 * one that is read first is not above the other.
 */
static u32 unacked(const struct tcp_sock *tp, u32 *una)
{
	*una = READ_ONCE(tp->snd_una);
	smp_rmb(); /* TCP writes @write_seq before the peer can acknowledge it */
	return max_t(s32, READ_ONCE(tp->write_seq) - *una, 0);
}

/* Behind a lost packet the link goes on. */
static u32 in_flight(const struct tcp_sock *tp, u32 octets)
{
	return octets - min(octets, READ_ONCE(tp->sacked_out) *
			    READ_ONCE(tp->mss_cache));
}

/* What TCP says about the rate, while no train was seen. Of a few packets whose
 * time was mostly delay it knows nothing.
 */
static u64 tcp_rate(const struct tcp_sock *tp)
{
	u32 interval = tp->rate_interval_us;

	if (!interval ||
	    (tp->rate_app_limited && interval / 2 < tcp_min_rtt(tp)))
		return 0;
	return div_u64((u64)tp->rate_delivered * tp->mss_cache * USEC_PER_SEC,
		       interval);
}

/**
 * hps_tcp_acked - TCP has looked at an acknowledgement
 * @t:	the channel, locked
 */
void hps_tcp_acked(struct hps_tcp *t)
{
	const struct tcp_sock *tp = tcp_sk(t->sk);

	if (tp->delivered == t->delivered)
		return;
	t->delivered = tp->delivered;
	t->ack_us = tp->tcp_mstamp;
	/* What was lost was waited for, which tells nothing of the rate. A path
	 * that seems slow for that would get nothing, and seem so for ever.
	 */
	if (tp->total_retrans != t->resent)
		hps_train_break(&t->train);
	else if (!t->train.rate)
		WRITE_ONCE(t->rate, max(t->rate, tcp_rate(tp)));
	t->resent = tp->total_retrans;
	/* What jumps over a hole that was filled tells nothing of the rate, nor
	 * what waited for a process to let go of the socket.
	 */
	hps_train_ack(&t->train, t->ack_us, tp->snd_una, tp->mss_cache,
		      tp->write_seq - tp->snd_una,
		      tp->sacked_out || sock_owned_by_user(t->sk));
}

/**
 * hps_tcp_in_flight - octets given to TCP that have not arrived
 * @sk:	the socket; any context
 */
u32 hps_tcp_in_flight(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 una;

	return in_flight(tp, unacked(tp, &una));
}

void hps_tcp_metrics(const struct hps_channel *ch,
		     struct hps_channel_metrics *m)
{
	const struct hps_tcp *t = hps_tcp(ch);
	const struct tcp_sock *tp = tcp_sk(t->sk);
	u32 rtt = tcp_min_rtt(tp);

	/* What is held back goes ahead of what comes next. */
	m->unacked = unacked(tp, &m->acked) + READ_ONCE(t->held_len);
	m->in_flight = in_flight(tp, m->unacked);
	m->mss = READ_ONCE(tp->mss_cache);
	m->cwnd = min_t(u64, (u64)tcp_snd_cwnd(tp) * m->mss, U32_MAX);
	m->min_rtt_us = rtt == ~0U ? 0 : rtt;
	m->srtt_us = READ_ONCE(tp->srtt_us) >> 3;
	m->rate = READ_ONCE(t->train.rate) ? : READ_ONCE(t->rate);
	m->ack_us = READ_ONCE(t->ack_us);
}

/* Does the other end answer? Any context. */
void hps_tcp_pulse(const struct hps_channel *ch, struct hps_channel_pulse *p)
{
	const struct tcp_sock *tp = tcp_sk(hps_tcp_sk(ch));
	u32 rtt = tcp_min_rtt(tp), una;

	p->in_transit = unacked(tp, &una);
	/* What was selectively acknowledged counts as well; acknowledgements
	 * that carry no news do not: they come when only one direction works.
	 */
	p->progress = READ_ONCE(tp->delivered) + READ_ONCE(tp->snd_una);
	p->min_rtt_us = rtt == ~0U ? 0 : rtt;
	p->srtt_us = READ_ONCE(tp->srtt_us) >> 3;
	p->rttvar_us = READ_ONCE(tp->mdev_us) >> 2;
}
