/* Which sockets the walk over the processes' files met: the walk over the port tables, which comes
 * after it, has nothing to add about those. Each may be in one of two places, side by side. Where others
 * are in both, the one in the second place is forgotten, and told twice. So this may forget, but never
 * leaves out what was not met.
 */
#pragma once
#include "map.h"

#define MET_BITS 17
#define MET_PLACES (1 << MET_BITS) /* socket-table.ts knows it, too */

struct {
	MAP_NUMBER(type, MAP_TYPE_ARRAY);
	MAP_NUMBER(max_entries, MET_PLACES);
	MAP_NUMBER(map_flags, MAP_IS_MMAPABLE); /* the reader empties it before each read */
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u64);
} met SEC(".maps");

/* Spreads names that follow one another at any distance (Knuth's multiplication). */
INLINE u64 *met_place(u64 name, u32 which)
{
	u32 place = (name * 0x9e3779b97f4a7c15ull >> (64 - MET_BITS) & ~1u) | which;

	return bpf_map_lookup_elem(&met, &place);
}

INLINE void meet(u64 name)
{
	u64 *first = met_place(name, 0), *second;

	if (first && (!*first || *first == name)) {
		*first = name;
		return;
	}
	second = met_place(name, 1);
	if (second)
		*second = name;
}

INLINE int was_met(u64 name)
{
	u64 *first = met_place(name, 0), *second;

	if (first && *first == name)
		return 1;
	second = met_place(name, 1);
	return second && *second == name;
}
