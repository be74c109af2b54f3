"""Cut the two flat vectors of `Statistics` into the tables that the kernel reads; the order of `pack`."""

from __future__ import annotations

from collections import namedtuple

from bayespanel.likelihood.packed_sums import HEADER, Index
from bayespanel.likelihood.small import Array, compiled

Tables = namedtuple(
    "Tables",
    "group cell_start cell block_start block_cluster parent "
    "n sxx sxy syy block_n block_sx block_sy basis inner_loading outer_loading "
    "component_start component_course component_inner component_outer "
    "place_start place_inner place_outer course_place",
)

Nodes = namedtuple("Nodes", "group depth cell alone n sxx sxy syy")


@compiled()
def nodes(index: Index, value: Array) -> Nodes:
    """Views on the cell tree, which stands last; `sxy` and `syy` stay flat, one piece per node."""
    number, m = index[13], index[2]
    group, depth, cell, alone = index[len(index) - 4 * number :].reshape(4, number)
    lines, squares = 0, 0
    for i in range(number):
        lines += m * (depth[i] + 1)
        squares += 0 if alone[i] else (depth[i] + 1) * (depth[i] + 1)
    at = len(value) - squares - lines - number * (1 + m * m)
    n = value[at : at + number]
    at += number
    sxx = value[at : at + number * m * m].reshape(number, m, m)
    at += number * m * m
    return Nodes(group, depth, cell, alone, n, sxx, value[at : at + lines], value[at + lines :])


@compiled()
def tables(index: Index, value: Array) -> Tables:
    """Views on the tables; `sxy`, `syy` and `block_sy` stay flat, one piece per kind, as their shapes differ."""
    kinds, p, m, q, k0, k1 = index[0], index[1], index[2], index[3], index[4], index[5]
    blocks, clusters, outer_clusters, cells, groups = index[6], index[7], index[8], index[9], index[10]
    at = HEADER
    group = index[at : at + kinds]
    at += kinds
    cell_start = index[at : at + kinds + 1]
    at += kinds + 1
    cell = index[at : at + cells]
    at += cells
    block_start = index[at : at + kinds + 1]
    at += kinds + 1
    block_cluster = index[at : at + blocks]
    at += blocks
    components = index[11]
    nested, courses = clusters if outer_clusters > 0 else 0, clusters if components > 0 else 0
    parent = index[at : at + nested]
    at += nested
    component_start = index[at : at + (components + 1 if components > 0 else 0)]
    at += len(component_start)
    component_course = index[at : at + courses]
    at += courses
    component_inner = index[at : at + components]
    at += components
    component_outer = index[at : at + components]
    at += components
    place_start = index[at : at + len(component_start)]
    at += len(place_start)
    place_inner = index[at : at + index[12]]
    at += index[12]
    place_outer = index[at : at + index[12]]
    at += index[12]
    course_place = index[at : at + courses * q].reshape(courses, q)
    squares, block_cells = 0, 0
    for r in range(kinds):
        o = cell_start[r + 1] - cell_start[r]
        squares += o * o
        block_cells += o * (block_start[r + 1] - block_start[r])
    n = value[:kinds]
    at = kinds
    sxx = value[at : at + kinds * m * m].reshape(kinds, m, m)
    at += kinds * m * m
    sxy = value[at : at + m * cells]
    at += m * cells
    syy = value[at : at + squares]
    at += squares
    block_n = value[at : at + blocks]
    at += blocks
    block_sx = value[at : at + m * blocks].reshape(m, blocks)
    at += m * blocks
    block_sy = value[at : at + block_cells]
    at += block_cells
    basis = value[at : at + groups * p * q].reshape(groups, p, q)
    at += groups * p * q
    rows = 0 if components > 0 else q  # where units cross clusters, places name the effects
    inner_loading = value[at : at + rows * k0].reshape(rows, k0)
    at += rows * k0
    outer_loading = value[at : at + rows * k1].reshape(rows, k1)
    return Tables(
        group, cell_start, cell, block_start, block_cluster, parent,
        n, sxx, sxy, syy, block_n, block_sx, block_sy, basis, inner_loading, outer_loading,
        component_start, component_course, component_inner, component_outer,
        place_start, place_inner, place_outer, course_place,
    )  # fmt: skip
