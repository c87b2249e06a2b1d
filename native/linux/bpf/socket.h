/* The two ends of a socket, as the table and the events both report them. */
#pragma once
#include "kernel.h"

struct socket_ends {
	u32 net_namespace; /* its inode number, as in /proc/PID/ns/net */
	u32 scope;	   /* the interface it is bound to, 0 for none; a link-local address needs it */
	u16 family;	   /* AF_INET or AF_INET6 */
	u16 protocol;	   /* IPPROTO_TCP, IPPROTO_UDP or IPPROTO_MPTCP */
	u16 local_port;
	u16 remote_port;
	u8 local[16]; /* in network order; IPv4 takes the first four */
	u8 remote[16];
};

INLINE int is_port_socket(struct sock *sk)
{
	u16 family = sk->__sk_common.skc_family;
	u16 protocol = sk->sk_protocol;

	return (family == AF_INET || family == AF_INET6) &&
	       (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_MPTCP);
}

/* Everything but the protocol, which TIME_WAIT and half-open sockets don't have. */
INLINE void read_common_ends(struct socket_ends *ends, struct sock_common *common)
{
	ends->net_namespace = common->skc_net.net->ns.inum;
	ends->scope = common->skc_bound_dev_if;
	ends->family = common->skc_family;
	ends->local_port = common->skc_num;
	ends->remote_port = __builtin_bswap16(common->skc_dport);
	if (ends->family == AF_INET) {
		__builtin_memset(ends->local, 0, sizeof(ends->local));
		__builtin_memset(ends->remote, 0, sizeof(ends->remote));
		*(u32 *)ends->local = common->skc_rcv_saddr;
		*(u32 *)ends->remote = common->skc_daddr;
	} else if (HAS_FIELD(common->skc_v6_daddr)) { /* not without CONFIG_IPV6 */
		__builtin_memcpy(ends->local, &common->skc_v6_rcv_saddr, 16);
		__builtin_memcpy(ends->remote, &common->skc_v6_daddr, 16);
	}
}

INLINE void read_ends(struct socket_ends *ends, struct sock *sk)
{
	read_common_ends(ends, &sk->__sk_common);
	ends->protocol = sk->sk_protocol;
}
