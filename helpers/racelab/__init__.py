"""BREAK: every order in which a learner's threads could run, until one of them breaks.

bytecode      what the instructions of a function touch that another thread could touch, too
effects       what each instruction does to the stack
"""
