"""Sends marks to systems that keep them, through their own client libraries.

    mark sheets ─▶ plan: what differs there ─▶ (a person looks) ─▶ each change's send()

A plan asks and changes nothing. Sending can be repeated: the next plan holds only what still differs. Tokens come from
the environment, travel in a request's header, and stand in no message, table or traceback. What can go wrong, with one
student or with all, is an `UploadError`.
"""
