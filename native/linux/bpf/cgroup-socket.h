/* The socket that a program at a cgroup is given.
 *
 * It is the kernel's own `struct sock`, but the verifier shows it as a `struct bpf_sock`, and of that
 * at each place only some members: no port where a socket is closed, no network namespace anywhere.
 * So the rest is copied out of it. Should a kernel ever hand over something else, the cookie that
 * is copied is not the socket's, and then there are no ends.
 */
#pragma once
#include "socket.h"

struct cgroup_socket { /* struct bpf_sock of include/uapi/linux/bpf.h; its layout is fixed */
	u32 bound_dev_if;
	u32 family;
	u32 type;
	u32 protocol;
};

INLINE int is_internet(struct cgroup_socket *socket)
{
	return socket->family == AF_INET || socket->family == AF_INET6;
}

INLINE int is_udp(struct cgroup_socket *socket)
{
	return is_internet(socket) && socket->protocol == IPPROTO_UDP;
}

INLINE int is_tcp(struct cgroup_socket *socket)
{
	return is_internet(socket) &&
	       (socket->protocol == IPPROTO_TCP || socket->protocol == IPPROTO_MPTCP);
}

#define COPY(destination, source) \
	bpf_probe_read_kernel(&(destination), sizeof(destination), (const void *)&(source))

INLINE struct sock_common *common_of(struct cgroup_socket *socket)
{
	return &((struct sock *)socket)->__sk_common;
}

INLINE u8 state_at_cgroup(struct cgroup_socket *socket)
{
	u8 state = 0;

	COPY(state, common_of(socket)->skc_state);
	return state;
}

INLINE int has_port_at_cgroup(struct cgroup_socket *socket)
{
	u16 port = 0;

	COPY(port, common_of(socket)->skc_num);
	return port != 0;
}

INLINE void read_ends_at_cgroup(struct socket_ends *ends, struct cgroup_socket *socket, u64 cookie)
{
	struct sock_common *common = common_of(socket);
	struct net *net = 0;
	u64 copied = 0;

	__builtin_memset(ends, 0, sizeof(*ends));
	ends->family = socket->family;
	ends->protocol = socket->protocol;
	COPY(copied, ((struct sock_common___with_cookie *)common)->skc_cookie);
	if (copied != cookie)
		return;
	COPY(net, common->skc_net.net);
	COPY(ends->net_namespace, net->ns.inum);
	COPY(ends->scope, common->skc_bound_dev_if);
	COPY(ends->local_port, common->skc_num);
	COPY(ends->remote_port, common->skc_dport);
	ends->remote_port = __builtin_bswap16(ends->remote_port);
	if (ends->family == AF_INET) {
		COPY(*(u32 *)ends->local, common->skc_rcv_saddr);
		COPY(*(u32 *)ends->remote, common->skc_daddr);
	} else if (HAS_FIELD(common->skc_v6_daddr)) {
		COPY(ends->local, common->skc_v6_rcv_saddr);
		COPY(ends->remote, common->skc_v6_daddr);
	}
}
