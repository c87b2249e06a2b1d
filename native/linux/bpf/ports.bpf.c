/* The TCP and UDP tables of one network namespace: the one the reader is in when it opens the
 * iterator. Most of what is in them the other table (table.bpf.c) knows better, with its holders, and
 * is left out here; but that one walks processes and can't meet what none of them holds: TIME_WAIT,
 * half-open connections, orphans that still say goodbye, connections not accepted yet, descriptors
 * that are in flight between two processes, and the kernel's own.
 *
 * Needs 5.9 (the iterators and bpf_skc_to_tcp_sock).
 */
#include "met.h"
#include "port-record.h"

SEC("license") char LICENSE[] = "GPL"; /* the kernel gives these helpers to GPL programs only */

static struct inet_timewait_sock *(*const bpf_skc_to_tcp_timewait_sock)(void *socket) = (void *)138;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
};

struct bpf_iter__udp {
	struct bpf_iter_meta *meta;
	struct sock *udp_sk;
};

#pragma clang attribute pop

/* Never set: makes clang write down the layout, for the test that compares it. */
const struct port_record *layout;

INLINE void write(struct bpf_iter_meta *meta, struct port_record *record,
		  struct sock_common *common, u16 protocol)
{
	if (!record->cookie) { /* a TIME_WAIT socket has that of the socket it follows */
		record->cookie = ((struct sock_common___with_cookie *)common)->skc_cookie;
		if (record->cookie && was_met(record->cookie))
			return; /* closed between the two walks */
	}
	read_common_ends(&record->ends, common);
	record->ends.protocol = protocol;
	bpf_seq_write(meta->seq, record, sizeof(*record));
}

SEC("iter/tcp")
int tcp_table(struct bpf_iter__tcp *context)
{
	struct sock_common *common = context->sk_common;
	struct port_record record = {};
	struct inet_timewait_sock *waiting;
	struct tcp_sock *tcp;

	if (!common)
		return 0; /* the end of the walk */
	record.state = common->skc_state;
	tcp = bpf_skc_to_tcp_sock(common);
	if (tcp) {
		record.cookie = bpf_get_socket_cookie(tcp);
		if (was_met(record.cookie))
			return 0;
		record.inode = tcp_inode_of(tcp);
	}
	waiting = bpf_skc_to_tcp_timewait_sock(common);
	if (waiting && waiting->tw_substate == TCP_FIN_WAIT2)
		record.state = TCP_FIN_WAIT2; /* an orphan parked early, as ss shows it */
	write(context->meta, &record, common, IPPROTO_TCP);
	return 0;
}

SEC("iter/udp")
int udp_table(struct bpf_iter__udp *context)
{
	struct sock *sk = context->udp_sk;
	struct port_record record = {};

	if (!sk || sk->sk_protocol != IPPROTO_UDP) /* the walk may meet UDP-Lite */
		return 0;
	record.cookie = bpf_get_socket_cookie(sk);
	if (was_met(record.cookie))
		return 0;
	record.inode = inode_of(sk);
	record.state = sk->__sk_common.skc_state;
	write(context->meta, &record, &sk->__sk_common, IPPROTO_UDP);
	return 0;
}
