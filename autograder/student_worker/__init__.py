"""The UNTRUSTED side: the only code that imports student files. It holds no test, no solution and no mark.

Theory of operation. `zygote` is started by exec, never forked from the grader, so that no test was ever in its
memory. It imports torch and what the assignment imports, then forks one worker per request; the worker builds the
wall around itself (`autograder.sandbox`) and serves the wire (`serve`) until the grader hangs up: it receives the
student's files, and then calls what the grader asks it to call (`modules`, `notebook`).

From the moment a worker has imported a student's module it is the student's process, and may say anything. The
grader believes nothing but values it can check.
"""
