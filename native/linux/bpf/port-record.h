/* One socket as the port tables give it, from whichever program reads them. port-record.ts reads it, and
 * a test holds the two together. */
#pragma once
#include "socket.h"

#define TCP_TIME_WAIT 6 /* include/net/tcp_states.h */
#define TCP_FIN_WAIT2 5
#define TCP_CLOSE 7
#define TCP_NEW_SYN_RECV 12

struct port_record {
	u64 cookie; /* names the socket for as long as the machine runs, TIME_WAIT included */
	u64 inode; /* 0 where no process can have it open */
	u32 state; /* as in include/net/tcp_states.h */
	u32 unused;
	struct socket_ends ends;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct inet_timewait_sock { /* include/net/inet_timewait_sock.h */
	volatile u8 tw_substate;
};

struct socket_alloc { /* include/net/sock.h: a socket is the beginning of one */
	struct inode vfs_inode;
};

struct sock___with_socket { /* include/net/sock.h */
	struct socket___with_file *sk_socket;
};

#pragma clang attribute pop

INLINE u64 inode_of(struct sock *sk)
{
	struct socket___with_file *socket = ((struct sock___with_socket *)sk)->sk_socket;

	return socket && socket->file ? socket->file->f_inode->i_ino : 0;
}

/* What the kernel makes below an MPTCP socket is no open file, but has the number of one that is. */
INLINE u64 tcp_inode_of(struct tcp_sock *tcp)
{
	u64 inode = inode_of((struct sock *)tcp);
	struct socket_alloc *socket = (void *)((struct sock___with_socket *)tcp)->sk_socket;

	if (!inode && socket && HAS_FIELD(tcp->is_mptcp) && tcp->is_mptcp)
		bpf_probe_read_kernel(&inode, sizeof(inode), &socket->vfs_inode.i_ino);
	return inode;
}
