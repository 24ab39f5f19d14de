"""Programs that call libraries: laziness, changes of arguments, callbacks, identity."""

from __future__ import annotations

LOOP = "for i in range(40):\n    v.add(data[i])\n"

PROGRAMS: dict[str, tuple[str, str]] = {
    "decimals_under_a_context_that_changes": (
        "import decimal\nx=decimal.Decimal(1)\n",
        "for e in range(3):\n  decimal.getcontext().prec = 5 + e\n  for i in range(40):\n    v.add(data[i])\n    log.append(str(x / 3))\ndecimal.getcontext().prec=28\n",
    ),
    "count_from_a_value_beside_text": ("", LOOP + "    log.append([(a, b) for a, b in zip(itertools.count(i), 'abc')])\n"),
    "chain_that_is_left": (
        "def f(x):\n    log.append(('f', x))\n    return x\n",
        LOOP + "    for a in itertools.chain(map(f, [1, 2]), map(f, [3, 4])):\n        if a == 2:\n            break\n    log.append(a)\n",
    ),
    "chain_of_an_iterable_that_is_left": (
        "def f(x):\n    log.append(('f', x))\n    return x\n",
        LOOP
        + "    for a in itertools.chain.from_iterable([map(f, [1, 2]), map(f, [3, 4])]):\n        if a == 3:\n            break\n    log.append(a)\n",
    ),
    "islice_asks_for_no_more": (
        "def f(x):\n    log.append(('f', x))\n    return x\n",
        LOOP + "    log.append(list(itertools.islice(map(f, [1,2,3,4,5,6]), 1, 4, 2)))\n    log.append(list(itertools.islice(map(f, [1,2,3]), 0)))\n",
    ),
    "accumulate_with_and_without_a_function": (
        "",
        LOOP
        + "    s = list(itertools.accumulate([float(data[i]), 1.0, 2.0]))\n    log.append(s)\n    log.append(list(itertools.accumulate([1,2,3], lambda a, b: a * b, initial=i)))\n",
    ),
    "pairwise_of_tensors": ("", LOOP + "    t = [data[i], data[i+1], data[i+2]]\n    for a, b in itertools.pairwise(t):\n        v.add(b - a)\n"),
    "product": ("", LOOP + "    for a, b in itertools.product([i, 2], 'ab'):\n        log.append((a, b))\n"),
    "takewhile_of_an_endless_iterator": ("", LOOP + "    log.append(list(itertools.takewhile(lambda k: k < 3, itertools.count())))\n"),
    "cycle_beside_a_range": (
        "",
        LOOP + "    log.append([a for a, _ in zip(itertools.cycle('ab'), range(5))])\n    log.append(list(zip(itertools.cycle([]), range(5))))\n",
    ),
    "zip_longest": ("", LOOP + "    log.append(list(itertools.zip_longest([1,2,3],[i])))\n"),
    "for_over_count_that_is_left": ("", LOOP + "    for k in itertools.count(2):\n        if k > 4:\n            break\n        log.append(k)\n"),
    "sort_by_a_key_of_a_list_made_here": (
        "",
        LOOP
        + "    r = [(i % 3, 'x'), (1, 'a'), (2, 'b')]\n    r.sort(key=lambda p: p[1])\n    log.append(r[0])\n    q = [3, 1, 2]\n    kept.append(q)\n    q.sort(key=lambda k: -k)\n",
    ),
    "itemgetter": (
        "",
        LOOP
        + "    r = sorted([(3, 'x'), (1, 'a'), (2, 'b')], key=operator.itemgetter(1))\n    log.append(r)\n    g = operator.itemgetter(0, 1)\n    log.append(g([i, 2, 3]))\n",
    ),
    "sort_by_a_known_key_of_the_users_list": (
        "words=['bb','a','ccc']\n",
        LOOP
        + "    words.append('d' * (i % 5))\n    words.sort(key=len)\n    log.append(sorted(words, key=len)[0])\n    log.append(sorted(words, key=str.lower, reverse=True)[0])\n",
    ),
    "heap_of_the_users": (
        "import heapq\nq=[]\n",
        LOOP + "    heapq.heappush(q, (float(data[i]) % 7, i))\n    if len(q) > 3:\n        log.append(heapq.heappop(q))\n",
    ),
    "heap_of_objects_with_an_order_of_their_own": (
        "import heapq\nq=[]\nclass N:\n    def __init__(s, k):\n        s.k = k\n    def __lt__(s, o):\n        log.append('lt')\n        return s.k < o.k\n",
        LOOP + "    heapq.heappush(q, N(i * 7 % 5))\n",
    ),
    "heap_made_here_of_values_not_known": (
        "import heapq\n",
        LOOP + "    q = [i, 3, 1]\n    heapq.heapify(q)\n    log.append(heapq.heappop(q))\n    kept.append(q)\n",
    ),
    "heap_made_here": (
        "import heapq\n",
        LOOP + "    q = [5, 3, 1]\n    heapq.heapify(q)\n    heapq.heappush(q, 2)\n    log.append(heapq.heappop(q))\n    kept.append(q)\n",
    ),
    "add_at_seen_through_a_view": (
        "c=np.zeros(4)\nw=c[1:]\n",
        LOOP + "    np.add.at(c, [i % 4, 1], 1.0)\n    log.append(float(w[0]))\n    w[1] = i\n",
    ),
    "add_at_of_another_array_in_every_epoch": (
        "c=np.zeros(4)\n",
        "for e in range(3):\n  c = np.zeros(4)\n  for i in range(40):\n    v.add(data[i])\n    np.add.at(c, i % 4, 1.0)\n  log.append(c.copy())\n",
    ),
    "match_or_none": (
        "",
        LOOP + "    m = re.match('(.)a', 'ba' if i % 3 else 'xx')\n    if m:\n        log.append(m.group(1))\n    log.append(m is None)\n",
    ),
    "finditer_of_unlike_lengths": ("", LOOP + "    for m in re.finditer('[a-c]', 'abc' * (i % 3)):\n        log.append(m.start())\n"),
    "each_match_is_a_new_object": ("", LOOP + "    kept.append(re.match('a', 'a'))\n    log.append(kept[-1] is kept[0])\n"),
    "cached_function": ("@functools.lru_cache(None)\ndef f(k):\n    return k * 2\n", LOOP + "    log.append(f(3))\n    log.append(f(i % 4))\n"),
    "where_with_out": ("a=np.arange(4.0)\n", LOOP + "    log.append(np.add(a, i, out=a, where=a > 2).sum())\n"),
    "out_is_the_result": ("a=np.arange(4.0)\n", LOOP + "    kept.append(np.cumsum(a, out=a) is a)\n"),
    "operator_setitem": ("d={}\n", LOOP + "    operator.setitem(d, i % 3, float(data[i]))\n    log.append(len(d))\n"),
    "counter_of_a_list_that_grows": (
        "words=['a','b','a']\n",
        LOOP + "    words.append('ab'[i % 2])\n    log.append(collections.Counter(words).most_common(1))\n",
    ),
}

REFUSED = frozenset({"heap_of_objects_with_an_order_of_their_own", "heap_made_here_of_values_not_known", "cached_function", "where_with_out"})
"""Programs that Python runs: code of the user's would be called, or a value is not known yet."""
