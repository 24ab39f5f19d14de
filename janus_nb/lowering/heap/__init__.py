"""The user's objects: slots, the door to content, look-ups on classes, structures that are carried, objects made in the iteration."""
