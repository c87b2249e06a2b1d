/* One holder of one socket, from whichever program walks over the processes' files. socket-record.ts reads
 * it, and a test holds the two together. */
#pragma once
#include "socket.h"

struct socket_record {
	u64 started; /* when the holder started, ns since boot */
	u64 cookie;  /* see name_of() of name.h */
	u64 inode;
	u32 pid; /* in the reader's pid namespace */
	u32 fd;
	u32 uid; /* the user whose rights the holder has, as ps(1) says */
	u8 state; /* as in include/net/tcp_states.h; a UDP socket is 7, or 1 when connected */
	u8 ipv6_only;
	u16 unused;
	struct socket_ends ends;
};

INLINE u8 ipv6_only(struct sock *sk)
{
	/* A bit field is its byte, with the bits above it and then those below it shifted out. */
	u64 bits = *((u8 *)sk + FIELD_INFO(sk->__sk_common.skc_ipv6only, FIELD_BYTE_OFFSET));

	bits <<= FIELD_INFO(sk->__sk_common.skc_ipv6only, FIELD_LSHIFT_U64);
	return bits >> FIELD_INFO(sk->__sk_common.skc_ipv6only, FIELD_RSHIFT_U64);
}
