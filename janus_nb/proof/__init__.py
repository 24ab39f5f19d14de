"""Proof at run time: what a graph predicts, against what Python then did, for everything that a region can reach.

    fingerprint   what is reachable from a region's names, as flat, comparable data
    tell_apart    the first difference between two fingerprints, in the user's words
    output        text that an iteration prints, taken down while it is printed

`runtime/verify.py` uses these to rehearse graphs. Nothing here knows of regions, versions or graphs.
"""
