"""The table: kind of object x way of reading x way of changing x when, and kind of source x what happens to it.

python -m tests.programs.table --count 400              # a sample, on the fake library
python -m tests.programs.table --only list/fstring/append/slowly --show
"""
