"""Effects: what generated programs do to Python, one record an effect, one file a family.

    losses.append(float(loss))     containers.APPEND     the list as long as it was
    counts[label] += 1             containers.SET_ITEM   the item as it was
    table[i] += 1.0                arrays.AUGMENT_ITEM   the array as it was
    print(f"{i}: {loss:.3f}")      output.PRINT          held back until the call is final
    rows.append(Row(i))            objects.NEW           nothing: nobody has the object yet
    rng.integers(10)               draws.DRAW            the generator's state as it was

A record says everything about its effect: how the generated program calls it, what is kept before it is done, how it is done, and how it is
taken back (`janus_nb.lowering.effects.effect`). The generator emits it, the journal of a call undoes it, verification rehearses it.
"""
