/* What a socket is called by a program that may not ask for its cookie, since it found the socket by
 * itself: its cookie if it has got one, else a number made of its address. That is good for one reading
 * only, and no cookie ever gets so large.
 */
#pragma once
#include "kernel.h"

#define NAMELESS_BIT 52 /* port-record.ts has it, too */
#define ADDRESS_BITS 48
#define SOCKET_ALIGNMENT 6 /* bits: a socket begins with a cache line */

INLINE u64 name_of(u64 cookie, u64 address)
{
	u64 place = (address & ((1ull << ADDRESS_BITS) - 1)) >> SOCKET_ALIGNMENT;

	return cookie ? cookie : 1ull << NAMELESS_BIT | place;
}

/* 1 or 0. */
INLINE u32 is_nameless(u64 name)
{
	return name >> NAMELESS_BIT;
}
